"""The reference LSTM with a fixed forget gate, against the LSTM of torch."""

import importlib.util
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

_PATH = Path(__file__).parents[3] / "reference" / "forget_gate" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("forget_gate_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 6)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 2e-5}


def agree(expected: Tensor, actual: Tensor) -> None:
    tolerance = TOLERANCE[expected.dtype]
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def drawn(
    steps: int, batch: int, inputs: int, hidden: int, dtype: torch.dtype = torch.float64
) -> list[Tensor]:
    shapes = [
        (steps, batch, inputs),
        (batch, hidden),
        (batch, hidden),
        (4 * hidden, inputs),
        (4 * hidden, hidden),
        (4 * hidden,),
        (4 * hidden,),
    ]
    return [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in shapes]


def torchs(arguments: list[Tensor]) -> tuple[Tensor, Tensor]:
    x, h, c, *weights = arguments
    hs, cs = [], []
    for x_t in x:
        h, c = torch.lstm_cell(x_t, (h, c), *weights)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)


def held(arguments: list[Tensor], gate: float) -> list[Tensor]:
    """Return arguments with which an ordinary LSTM has `gate`, inside (0, 1), as forget gate."""
    x, h, c, *weights = arguments
    hidden = h.shape[1]
    rows = torch.zeros(4 * hidden, dtype=torch.bool)
    rows[hidden : 2 * hidden] = True
    weight_ih, weight_hh = (weight.masked_fill(rows[:, None], 0.0) for weight in weights[:2])
    bias_ih = weights[2].masked_fill(rows, math.log(gate / (1 - gate)))
    bias_hh = weights[3].masked_fill(rows, 0.0)
    return [x, h, c, weight_ih, weight_hh, bias_ih, bias_hh]


@settings(deadline=None, max_examples=12)
@given(
    steps=sizes,
    batch=sizes,
    inputs=sizes,
    hidden=sizes,
    dtype=dtypes,
    gate=st.none() | st.floats(0.01, 0.99),
    seed=st.integers(0, 999),
)
def test_values_and_gradients_are_those_of_torch_with_and_without_a_fixed_gate(
    steps: int,
    batch: int,
    inputs: int,
    hidden: int,
    dtype: torch.dtype,
    gate: float | None,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    arguments = drawn(steps, batch, inputs, hidden, dtype)
    expected = torchs(arguments if gate is None else held(arguments, gate))
    actual = solution.ablated_lstm(*arguments, forget_gate=gate)
    cotangents = [torch.randn(steps, batch, hidden, dtype=dtype) for _ in range(2)]
    for wanted, found in zip(expected, actual, strict=True):
        agree(wanted, found)
    wanted_gradients = torch.autograd.grad(expected, arguments, cotangents)
    gradients = torch.autograd.grad(actual, arguments, cotangents)
    for wanted, found in zip(wanted_gradients, gradients, strict=True):
        # A sum over steps and samples: in float32 its rounding grows with its size.
        scale = max(1.0, float(wanted.abs().max()))
        agree(wanted / scale, found / scale)


def test_the_states_are_those_of_the_lstm_layer_of_torch() -> None:
    layer = nn.LSTM(3, 4, dtype=torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    h0, c0 = torch.randn(2, 2, 4, dtype=torch.float64)
    hs, cs = solution.ablated_lstm(x, h0, c0, *layer.parameters())
    expected, (_, c_n) = layer(x, (h0[None], c0[None]))
    agree(expected, hs)
    agree(c_n[0], cs[-1])


@pytest.mark.parametrize("gate", [0, 0.0])
def test_with_the_gate_at_zero_the_cell_state_before_leaves_no_trace(gate: float) -> None:
    x, h0, c0, *weights = drawn(4, 2, 3, 5)
    expected = solution.ablated_lstm(x, h0, c0, *weights, forget_gate=gate)
    actual = solution.ablated_lstm(x, h0, c0 + 3, *weights, forget_gate=gate)
    for wanted, found in zip(expected, actual, strict=True):
        assert torch.equal(wanted, found)


def test_with_the_gate_at_zero_the_past_still_arrives_through_h() -> None:
    x, h0, c0, *weights = drawn(4, 2, 3, 5)
    hs, _ = solution.ablated_lstm(x, h0, c0, *weights, forget_gate=0.0)
    others, _ = solution.ablated_lstm(x, h0 + 1, c0, *weights, forget_gate=0.0)
    assert not torch.allclose(hs[-1], others[-1])


@pytest.mark.parametrize("gate", [1, 1.0])
def test_with_the_gate_at_one_a_step_adds_to_the_cell_state_what_it_is_without_one(
    gate: float,
) -> None:
    x, h0, c0, *weights = drawn(1, 2, 3, 5)
    _, kept = solution.ablated_lstm(x, h0, c0, *weights, forget_gate=gate)
    _, added = solution.ablated_lstm(x, h0, c0, *weights, forget_gate=0)
    agree(c0 + added[0], kept[0])


@pytest.mark.parametrize(
    "gate",
    [-0.001, 1.001, -1, 2, math.inf, -math.inf, math.nan, -5e-324, math.nextafter(1, 2)],
)
def test_a_gate_outside_of_zero_to_one_is_refused(gate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        solution.ablated_lstm(*drawn(2, 2, 3, 4), forget_gate=gate)


@pytest.mark.parametrize("gate", [None, 0.0, 0.3, 1.0])
def test_large_inputs_and_states_give_finite_results(gate: float | None) -> None:
    x, h0, c0, *weights = drawn(3, 2, 3, 4)
    for found in solution.ablated_lstm(1e4 * x, 1e4 * h0, 1e4 * c0, *weights, forget_gate=gate):
        assert found.isfinite().all()


@pytest.mark.parametrize("gate", [1e-6, 1e-4, 0.99951, 1 - 1e-6])
def test_a_gate_near_the_borders_is_used_as_it_is(gate: float) -> None:
    arguments = drawn(4, 2, 3, 5)
    expected = torchs(held(arguments, gate))
    for wanted, found in zip(expected, solution.ablated_lstm(*arguments, gate), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-9)


def test_a_gate_of_minus_zero_is_one_of_zero() -> None:
    arguments = drawn(4, 2, 3, 5)
    expected = solution.ablated_lstm(*arguments, forget_gate=0.0)
    for wanted, found in zip(expected, solution.ablated_lstm(*arguments, forget_gate=-0.0), strict=True):
        agree(wanted, found)


@pytest.mark.parametrize("gate", [0.0, 0.5, 1.0])
def test_the_gradients_with_a_fixed_gate_are_right_at_the_borders_and_between(gate: float) -> None:
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(lambda *a: solution.ablated_lstm(*a, forget_gate=gate), drawn(2, 1, 2, 2))


def test_forty_steps_from_zeros_have_the_values_and_gradients_of_the_layer_of_torch() -> None:
    torch.manual_seed(0)
    layer = nn.LSTM(3, 4, dtype=torch.float64)
    x = torch.randn(40, 2, 3, dtype=torch.float64)
    expected, _ = layer(x)
    zeros = torch.zeros(2, 4, dtype=torch.float64)
    hs, _ = solution.ablated_lstm(x, zeros, zeros, *layer.parameters())
    agree(expected, hs)
    weights = list(layer.parameters())
    wanted = torch.autograd.grad(expected.sum(), weights)
    for one, found in zip(wanted, torch.autograd.grad(hs.sum(), weights), strict=True):
        torch.testing.assert_close(found, one, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("gate", [None, 0.0, 0.5, 1.0])
def test_the_arguments_are_left_as_they_are_where_gradients_are_off(gate: float | None) -> None:
    arguments = drawn(3, 2, 3, 4)
    before = [tensor.detach().clone() for tensor in arguments]
    with torch.no_grad():
        solution.ablated_lstm(*arguments, forget_gate=gate)
    assert all(map(torch.equal, before, arguments))
