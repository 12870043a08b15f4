"""The reference for gradient flow, against autograd."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

_PATH = Path(__file__).parents[3] / "reference" / "gradient_flow" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("gradient_flow_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 7)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


def agree(expected: Tensor, actual: Tensor) -> None:
    tolerance = TOLERANCE[expected.dtype]
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def network(steps: int, inputs: int, hidden: int, dtype: torch.dtype) -> list[Tensor]:
    shapes = [(hidden, inputs), (hidden, hidden), (hidden,), (steps, inputs), (hidden,)]
    return [0.5 * torch.randn(shape, dtype=dtype) for shape in shapes]


def norm_by_autograd(tensors: list[Tensor], distance: int) -> Tensor:
    """Return the norm of the Jacobian over `distance` steps, with torch's cell."""
    weight_ih, weight_hh, bias_h, x, h0 = tensors

    def run(h: Tensor, x: Tensor) -> Tensor:
        for x_t in x:
            none = torch.zeros_like(bias_h)
            h = torch.rnn_tanh_cell(x_t[None], h[None], weight_ih, weight_hh, bias_h, none)[0]
        return h

    start = len(x) - distance
    before = run(h0, x[:start])
    jacobian = torch.autograd.functional.jacobian(lambda h: run(h, x[start:]), before)
    return torch.linalg.svdvals(jacobian)[0]


@settings(deadline=None, max_examples=30)
@given(steps=sizes, inputs=sizes, hidden=sizes, dtype=dtypes, seed=st.integers(0, 999))
def test_norms_are_those_of_the_jacobians_that_autograd_finds(
    steps: int, inputs: int, hidden: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    tensors = network(steps, inputs, hidden, dtype)
    expected = [norm_by_autograd(tensors, distance) for distance in range(1, steps + 1)]
    agree(torch.stack(expected), solution.rnn_gradient_norms(*tensors))


@settings(deadline=None, max_examples=20)
@given(steps=sizes, hidden=sizes, dtype=dtypes, seed=st.integers(0, 999))
def test_retention_is_the_derivative_along_the_cell_state(
    steps: int, hidden: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    gates = torch.rand(steps, hidden, dtype=dtype)
    gates[torch.rand(steps, hidden) < 0.2] = 0
    states = [torch.randn(hidden, dtype=dtype, requires_grad=True)]
    for gate in gates:
        states.append(gate * states[-1] + torch.randn(hidden, dtype=dtype))
    expected = torch.autograd.grad(states[-1].sum(), states[-2::-1])
    agree(torch.stack(expected), solution.cell_state_retention(gates))


@pytest.mark.parametrize("zeros", [[], [2], [1, 3]])
def test_the_gradient_of_the_retention_is_right_at_closed_gates(zeros: list[int]) -> None:
    gates = torch.rand(5, 3, dtype=torch.float64)
    gates[zeros] = 0
    gates.requires_grad_()
    assert torch.autograd.gradcheck(solution.cell_state_retention, gates)


def test_small_recurrent_weights_make_the_norms_vanish() -> None:
    torch.manual_seed(0)
    weight_ih, weight_hh, *rest = network(60, 3, 4, torch.float64)
    norms = solution.rnn_gradient_norms(weight_ih, 0.1 * weight_hh, *rest)
    assert 0 < norms[-1] < 1e-20 < 1e-3 < norms[0]


def test_large_recurrent_weights_make_the_norms_explode() -> None:
    zeros = torch.zeros(30, 4, dtype=torch.float64)
    weight_hh = 1.5 * torch.eye(4, dtype=torch.float64)
    norms = solution.rnn_gradient_norms(weight_hh, weight_hh, zeros[0], zeros, zeros[0])
    agree(1.5 ** torch.arange(1, 31, dtype=torch.float64), norms)


def test_norms_explode_to_powers_of_ten() -> None:
    torch.manual_seed(0)
    rotation, _ = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))
    zeros = torch.zeros(12, 4, dtype=torch.float64)
    norms = solution.rnn_gradient_norms(rotation, 10 * rotation, zeros[0], zeros, zeros[0])
    agree(10.0 ** torch.arange(1, 13, dtype=torch.float64), norms)


@pytest.mark.parametrize(("steps", "hidden"), [(40, 4), (6, 20)])
def test_norms_over_many_steps_and_of_many_units_are_those_of_autograd(steps: int, hidden: int) -> None:
    torch.manual_seed(0)
    tensors = network(steps, 3, hidden, torch.float64)
    expected = [norm_by_autograd(tensors, distance) for distance in range(1, steps + 1)]
    agree(torch.stack(expected), solution.rnn_gradient_norms(*tensors))


def test_the_gradient_of_the_retention_is_right_at_open_gates() -> None:
    gates = torch.ones(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(solution.cell_state_retention, gates)


def test_over_forty_steps_the_retention_takes_in_every_gate() -> None:
    gates = torch.full((40, 2), 0.9, dtype=torch.float64)
    distances = torch.arange(1, 41, dtype=torch.float64)
    agree((0.9**distances)[:, None].expand(-1, 2), solution.cell_state_retention(gates))


def test_gates_of_zero_and_one_are_left_as_they_are() -> None:
    gates = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    before = gates.clone()
    solution.cell_state_retention(gates)
    assert torch.equal(before, gates)
