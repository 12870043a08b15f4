"""The reference for the smaller LSTM cell, against torch's cell and the laws of the task."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

_PATH = Path(__file__).parents[3] / "reference" / "smaller_lstm" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("smaller_lstm_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 9)
dtypes = st.sampled_from([torch.float64, torch.float32])


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@settings(deadline=None, max_examples=30)
@given(inputs=sizes, hidden=sizes)
def test_the_count_is_that_of_torchs_cell(inputs: int, hidden: int) -> None:
    expected = count(nn.LSTMCell(inputs, hidden))
    assert solution.count_lstm_parameters(inputs, hidden) == expected


@settings(deadline=None, max_examples=30)
@given(inputs=st.integers(2, 60), hidden=st.integers(2, 60))
def test_the_cell_has_fewer_parameters_than_torchs(inputs: int, hidden: int) -> None:
    cell = solution.SmallerLSTMCell(inputs, hidden)
    assert count(cell) == 3 * hidden * (inputs + hidden + 1)
    assert count(cell) < solution.count_lstm_parameters(inputs, hidden)


@settings(deadline=None, max_examples=30)
@given(batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes, seed=st.integers(0, 999))
def test_it_is_torchs_cell_with_an_input_gate_that_is_coupled(
    batch: int, inputs: int, hidden: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    cell = solution.SmallerLSTMCell(inputs, hidden).to(dtype)
    whole = nn.LSTMCell(inputs, hidden, dtype=dtype)

    def all_rows(three: Tensor) -> Tensor:
        f, g, o = three.detach().chunk(3)
        return torch.cat([-f, f, g, o])  # sigmoid(-a) = 1 - sigmoid(a)

    with torch.no_grad():
        whole.weight_ih.copy_(all_rows(cell.weight_ih))
        whole.weight_hh.copy_(all_rows(cell.weight_hh))
        whole.bias_ih.copy_(all_rows(cell.bias))
        whole.bias_hh.zero_()
    x = torch.randn(batch, inputs, dtype=dtype, requires_grad=True)
    state = [torch.randn(batch, hidden, dtype=dtype, requires_grad=True) for _ in range(2)]
    for given_state in (state, None):
        expected, actual = whole(x, given_state), cell(x, given_state)
        torch.testing.assert_close(actual, expected)
    cotangents = [torch.randn(batch, hidden, dtype=dtype) for _ in range(2)]
    wanted = torch.autograd.grad(whole(x, state), [x, *state], cotangents)
    found = torch.autograd.grad(cell(x, state), [x, *state], cotangents)
    torch.testing.assert_close(found, wanted)


def test_the_gradients_of_the_parameters_are_what_small_steps_do() -> None:
    torch.manual_seed(0)
    cell = solution.SmallerLSTMCell(2, 3).double()
    x, h, c = torch.randn(4, 2), torch.rand(4, 3), torch.randn(4, 3)
    names = [name for name, _ in cell.named_parameters()]

    def step(*parameters: Tensor) -> tuple[Tensor, Tensor]:
        named = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(cell, named, (x.double(), (h.double(), c.double())))

    assert torch.autograd.gradcheck(step, tuple(cell.parameters()))


@pytest.mark.parametrize("size", [50.0, -1e4])
def test_large_inputs_and_states_give_finite_results_within_one(size: float) -> None:
    cell = solution.SmallerLSTMCell(3, 4)
    h, c = cell(torch.full((2, 3), size), (torch.ones(2, 4), torch.full((2, 4), size)))
    assert h.abs().max() <= 1
    assert c.isfinite().all()


def test_two_steps_are_enough_for_c_to_show_in_h() -> None:
    torch.manual_seed(0)
    cell, x, h = solution.SmallerLSTMCell(3, 4), torch.randn(2, 3), torch.rand(2, 4)
    one, other = (cell(x, cell(x, (h, torch.full_like(h, c))))[0] for c in (0.0, 1.0))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize(("inputs", "hidden"), [(2, 2), (2, 1000), (1000, 2), (300, 300)])
def test_it_has_fewer_parameters_at_unbalanced_sizes_as_well(inputs: int, hidden: int) -> None:
    assert count(solution.SmallerLSTMCell(inputs, hidden)) < 4 * hidden * (inputs + hidden + 2)


def test_the_count_has_no_largest_number() -> None:
    assert solution.count_lstm_parameters(30000, 30000) == 7_200_240_000


def test_zeros_give_finite_results() -> None:
    h, c = solution.SmallerLSTMCell(3, 4)(torch.zeros(2, 3))
    assert h.isfinite().all()
    assert c.isfinite().all()


def test_a_sample_gives_the_same_among_many_and_alone() -> None:
    torch.manual_seed(0)
    cell = solution.SmallerLSTMCell(3, 4).double()
    x = torch.randn(40, 3, dtype=torch.float64)
    x[20] = 1e4
    torch.testing.assert_close(cell(x[:1])[0], cell(x)[0][:1])


def test_evaluation_and_training_are_the_same() -> None:
    torch.manual_seed(0)
    cell, x = solution.SmallerLSTMCell(3, 4), torch.randn(2, 3)
    usual = cell(x)
    with torch.no_grad():
        torch.testing.assert_close(cell.eval()(x), usual)


def test_new_parameters_give_a_new_result() -> None:
    torch.manual_seed(0)
    cell, other = solution.SmallerLSTMCell(3, 4), solution.SmallerLSTMCell(3, 4)
    x = torch.randn(2, 3)
    cell(x)
    cell.load_state_dict(other.state_dict())
    torch.testing.assert_close(cell(x), other(x))
