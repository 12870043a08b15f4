"""The reference BiLSTM, against the bidirectional LSTM of torch."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

_PATH = Path(__file__).parents[3] / "reference" / "bidirectional" / "solution.py"
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


@settings(deadline=None, max_examples=12)
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


@pytest.mark.parametrize(("steps", "batch", "hidden"), [(70, 2, 4), (2, 20, 4), (3, 2, 34)])
def test_larger_sizes_are_like_small_ones(steps: int, batch: int, hidden: int) -> None:
    ours, torchs = pair(3, hidden, torch.float32)
    x = torch.randn(steps, batch, 3)
    agree(torchs(x)[0], ours(x))


def test_gradients_reach_back_through_forty_steps() -> None:
    ours, torchs = pair(2, 3, torch.float64)
    x = torch.randn(40, 1, 2, dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad(torchs(x)[0][[0, -1]].sum(), [x])
    (found,) = torch.autograd.grad(ours(x)[[0, -1]].sum(), [x])
    agree(wanted, found)


def test_cell_states_may_grow_beyond_ten_and_shrink_again() -> None:
    ours, torchs = pair(1, 3, torch.float64)
    with torch.no_grad():
        for network in (ours, torchs):
            for name, parameter in network.named_parameters():
                if name.startswith("bias_ih"):
                    parameter[:6] = 12
                if name.startswith("weight_ih"):
                    parameter[6:9] = 2
    x = torch.full((40, 2, 1), 3, dtype=torch.float64)
    x[20:] *= -1
    agree(torchs(x)[0], ours(x))


def test_a_step_of_zeros_is_a_step_like_any_other() -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    x[2] = 0
    agree(torchs(x)[0], ours(x))


def test_the_mode_and_earlier_calls_change_nothing() -> None:
    ours, _ = pair(3, 4, torch.float32)
    x = torch.randn(5, 2, 3)
    first = ours(x)
    before = first.clone()
    with torch.no_grad():
        later = [ours.eval()(-x), ours(x), ours.train()(x)]
    assert torch.equal(first, before)
    assert torch.equal(later[1], before)
    assert torch.equal(later[2], before)


def test_new_parameters_give_the_results_of_a_new_network() -> None:
    ours, _ = pair(3, 4, torch.float32)
    other, _ = pair(3, 4, torch.float32)
    x = torch.randn(5, 2, 3)
    ours(x)
    ours.load_state_dict(other.state_dict())
    assert torch.equal(ours(x), other(x))


def test_arguments_can_be_named() -> None:
    ours = solution.BiLSTM(input_size=3, hidden_size=4)
    x = torch.randn(5, 2, 3)
    assert torch.equal(ours(x=x), ours(x))
