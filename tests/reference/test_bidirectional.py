"""The reference BiLSTM, against the bidirectional LSTM of torch."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

_PATH = Path(__file__).parents[2] / "reference" / "bidirectional" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("bidirectional_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 7)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def pair(inputs: int, hidden: int, dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """Return the reference and torch's layer with the same parameters."""
    ours = solution.BiLSTM(inputs, hidden).to(dtype)
    torchs = nn.LSTM(inputs, hidden, bidirectional=True, dtype=dtype)
    torchs.load_state_dict(ours.state_dict())
    return ours, torchs


def agree(expected: torch.Tensor, actual: torch.Tensor) -> None:
    tolerance = TOLERANCE[expected.dtype]
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@settings(deadline=None, max_examples=40)
@given(steps=sizes, batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes, seed=st.integers(0, 999))
def test_values_and_gradients_are_those_of_torch(
    steps: int, batch: int, inputs: int, hidden: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    ours, torchs = pair(inputs, hidden, dtype)
    x = torch.randn(steps, batch, inputs, dtype=dtype, requires_grad=True)
    cotangent = torch.randn(steps, batch, 2 * hidden, dtype=dtype)
    expected, actual = torchs(x)[0], ours(x)
    agree(expected, actual)
    named = dict(torchs.named_parameters())
    leaves = [named[name] for name, _ in ours.named_parameters()]
    wanted_gradients = torch.autograd.grad(expected, [x, *leaves], cotangent)
    gradients = torch.autograd.grad(actual, [x, *ours.parameters()], cotangent)
    for wanted, found in zip(wanted_gradients, gradients, strict=True):
        agree(wanted, found)


def test_the_backward_half_is_the_forward_half_of_the_sequence_from_its_end() -> None:
    torch.manual_seed(0)
    bilstm = solution.BiLSTM(3, 4)
    other_way = solution.BiLSTM(3, 4)
    other_way.load_state_dict(
        {
            name.removesuffix("_reverse") if name.endswith("_reverse") else f"{name}_reverse": value
            for name, value in bilstm.state_dict().items()
        }
    )
    x = torch.randn(6, 2, 3)
    ahead, back = bilstm(x).chunk(2, dim=2)
    assert torch.equal(torch.cat([back, ahead], dim=2), other_way(x.flip(0)).flip(0))


@pytest.mark.parametrize("size", [50.0, -1e4])
def test_large_inputs_give_finite_results(size: float) -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x = torch.full((5, 2, 3), size, dtype=torch.float64)
    assert ours(x).isfinite().all()
    agree(torchs(x)[0], ours(x))
