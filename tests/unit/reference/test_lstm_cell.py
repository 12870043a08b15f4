"""The reference LSTMCell, against the one of torch."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

_PATH = Path(__file__).parents[3] / "reference" / "lstm_cell" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("lstm_cell_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 7)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def pair(inputs: int, hidden: int, dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """Return the reference cell and torch's with the same parameters."""
    ours = solution.LSTMCell(inputs, hidden).to(dtype)
    torchs = nn.LSTMCell(inputs, hidden, dtype=dtype)
    torchs.load_state_dict(ours.state_dict())
    return ours, torchs


def agree(expected: torch.Tensor, actual: torch.Tensor) -> None:
    tolerance = TOLERANCE[expected.dtype]
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@settings(deadline=None, max_examples=12)
@given(batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes, seed=st.integers(0, 999))
def test_values_and_gradients_of_a_step_are_those_of_torch(
    batch: int, inputs: int, hidden: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    ours, torchs = pair(inputs, hidden, dtype)
    x = torch.randn(batch, inputs, dtype=dtype, requires_grad=True)
    h, c = (torch.randn(batch, hidden, dtype=dtype, requires_grad=True) for _ in range(2))
    cotangents = [torch.randn(batch, hidden, dtype=dtype) for _ in range(2)]
    expected, actual = torchs(x, (h, c)), ours(x, (h, c))
    for wanted, found in zip(expected, actual, strict=True):
        agree(wanted, found)
    wanted_gradients = torch.autograd.grad(expected, [x, h, c, *torchs.parameters()], cotangents)
    gradients = torch.autograd.grad(actual, [x, h, c, *ours.parameters()], cotangents)
    for wanted, found in zip(wanted_gradients, gradients, strict=True):
        agree(wanted, found)


@settings(deadline=None, max_examples=20)
@given(batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes)
def test_a_state_that_is_left_out_is_zero(batch: int, inputs: int, hidden: int, dtype: torch.dtype) -> None:
    ours, torchs = pair(inputs, hidden, dtype)
    x = torch.randn(batch, inputs, dtype=dtype)
    for wanted, found in zip(torchs(x), ours(x), strict=True):
        agree(wanted, found)


@settings(deadline=None, max_examples=20)
@given(steps=sizes, batch=sizes, inputs=sizes, hidden=sizes)
def test_step_after_step_it_is_the_lstm_of_torch(steps: int, batch: int, inputs: int, hidden: int) -> None:
    layer = nn.LSTM(inputs, hidden, dtype=torch.float64)
    cell = solution.LSTMCell(inputs, hidden).double()
    cell.load_state_dict({name[:-3]: value for name, value in layer.state_dict().items()})
    x = torch.randn(steps, batch, inputs, dtype=torch.float64)
    state, states = None, []
    for x_t in x:
        state = cell(x_t, state)
        states.append(state)
    hs, (_, c_n) = layer(x)
    agree(hs, torch.stack([h for h, _ in states]))
    agree(c_n[0], states[-1][1])


@pytest.mark.parametrize("size", [50.0, 1e4])
@pytest.mark.parametrize("sign", [-1, 1])
def test_large_inputs_and_states_give_finite_results(size: float, sign: int) -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x = torch.full((2, 3), sign * size, dtype=torch.float64)
    state = tuple(torch.full((2, 4), size, dtype=torch.float64) for _ in range(2))
    for wanted, found in zip(torchs(x, state), ours(x, state), strict=True):
        assert found.isfinite().all()
        agree(wanted, found)
