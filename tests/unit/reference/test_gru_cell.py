"""The reference GRUCell, against the one of torch."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

_PATH = Path(__file__).parents[3] / "reference" / "gru_cell" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("gru_cell_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 7)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def pair(inputs: int, hidden: int, dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """Return the reference cell and torch's with the same parameters."""
    ours = solution.GRUCell(inputs, hidden).to(dtype)
    torchs = nn.GRUCell(inputs, hidden, dtype=dtype)
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
    h = torch.randn(batch, hidden, dtype=dtype, requires_grad=True)
    cotangent = torch.randn(batch, hidden, dtype=dtype)
    expected, actual = torchs(x, h), ours(x, h)
    agree(expected, actual)
    wanted = torch.autograd.grad(expected, [x, h, *torchs.parameters()], cotangent)
    found = torch.autograd.grad(actual, [x, h, *ours.parameters()], cotangent)
    for gradient, other in zip(wanted, found, strict=True):
        agree(gradient, other)


@settings(deadline=None, max_examples=20)
@given(batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes)
def test_a_state_that_is_left_out_is_zero(batch: int, inputs: int, hidden: int, dtype: torch.dtype) -> None:
    ours, torchs = pair(inputs, hidden, dtype)
    x = torch.randn(batch, inputs, dtype=dtype)
    agree(torchs(x), ours(x))


@settings(deadline=None, max_examples=20)
@given(steps=sizes, batch=sizes, inputs=sizes, hidden=sizes)
def test_step_after_step_it_is_the_gru_of_torch(steps: int, batch: int, inputs: int, hidden: int) -> None:
    layer = nn.GRU(inputs, hidden, dtype=torch.float64)
    cell = solution.GRUCell(inputs, hidden).double()
    cell.load_state_dict({name[:-3]: value for name, value in layer.state_dict().items()})
    x = torch.randn(steps, batch, inputs, dtype=torch.float64)
    h, found = None, []
    for x_t in x:
        h = cell(x_t, h)
        found.append(h)
    agree(layer(x)[0], torch.stack(found))


@pytest.mark.parametrize("size", [50.0, 1e4])
@pytest.mark.parametrize("sign", [-1, 1])
def test_large_inputs_and_states_give_finite_results(size: float, sign: int) -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x = torch.full((2, 3), sign * size, dtype=torch.float64)
    h = torch.full((2, 4), size, dtype=torch.float64)
    actual = ours(x, h)
    assert actual.isfinite().all()
    agree(torchs(x, h), actual)


@pytest.mark.parametrize("training", [True, False])
def test_in_every_mode_and_without_gradients_it_is_the_cell_of_torch(training: bool) -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    expected = torchs(x, h)
    ours.train(training)
    agree(expected, ours(x, h))
    with torch.no_grad():
        agree(expected, ours(x=x, h=h))


def test_after_a_change_of_the_parameters_it_is_still_the_cell_of_torch() -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x = torch.randn(2, 3, dtype=torch.float64)
    ours(x)
    with torch.no_grad():
        for parameter in (*ours.parameters(), *torchs.parameters()):
            parameter.mul_(-0.5)
    agree(torchs(x), ours(x))


def test_the_gradient_of_a_state_of_zero_is_that_of_torch() -> None:
    ours, torchs = pair(3, 4, torch.float64)
    x, h = torch.randn(2, 3, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad(torchs(x, h).sum(), [h])
    (found,) = torch.autograd.grad(ours(x, h).sum(), [h])
    agree(wanted, found)


@pytest.mark.parametrize(("batch", "inputs", "hidden"), [(6, 6, 2), (36, 35, 34)])
def test_at_larger_sizes_it_is_the_cell_of_torch(batch: int, inputs: int, hidden: int) -> None:
    ours, torchs = pair(inputs, hidden, torch.float64)
    x, h = torch.randn(batch, inputs, dtype=torch.float64), torch.randn(batch, hidden, dtype=torch.float64)
    agree(torchs(x, h), ours(x, h))


def test_large_inputs_give_finite_results_in_float32() -> None:
    ours, torchs = pair(3, 4, torch.float32)
    x, h = torch.full((2, 3), 1e4), torch.full((2, 4), 1e4)
    assert ours(x, h).isfinite().all()
    agree(torchs(x), ours(x))
