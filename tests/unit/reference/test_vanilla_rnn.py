"""The reference VanillaRNN, against the RNN and the linear layer of torch."""

import importlib.util
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

_PATH = Path(__file__).parents[3] / "reference" / "vanilla_rnn" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("vanilla_rnn_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 7)
dtypes = st.sampled_from([torch.float64, torch.float32])
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}


class Torchs(nn.Module):
    """The same network out of torch's layers, with the parameters of ours."""

    def __init__(self, ours: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        hidden, inputs = ours.weight_ih.shape
        self.recurrent = nn.RNN(inputs, hidden, dtype=dtype)
        self.output = nn.Linear(hidden, len(ours.bias_o), dtype=dtype)
        with torch.no_grad():
            self.recurrent.weight_ih_l0.copy_(ours.weight_ih)
            self.recurrent.weight_hh_l0.copy_(ours.weight_hh)
            self.recurrent.bias_ih_l0.copy_(ours.bias_h)
            self.recurrent.bias_hh_l0.zero_()
            self.output.weight.copy_(ours.weight_ho)
            self.output.bias.copy_(ours.bias_o)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        hs, h_n = self.recurrent(x, None if h0 is None else h0[None])
        return self.output(hs), h_n[0]

    def named_like_ours(self) -> dict[str, Tensor]:
        return {
            "weight_ih": self.recurrent.weight_ih_l0,
            "weight_hh": self.recurrent.weight_hh_l0,
            "bias_h": self.recurrent.bias_ih_l0,
            "weight_ho": self.output.weight,
            "bias_o": self.output.bias,
        }


def agree(expected: Tensor, actual: Tensor) -> None:
    tolerance = TOLERANCE[expected.dtype]
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


@settings(deadline=None, max_examples=12)
@given(
    steps=sizes, batch=sizes, inputs=sizes, hidden=sizes, outputs=sizes, dtype=dtypes,
    seed=st.integers(0, 999),
)  # fmt: skip
def test_values_and_gradients_are_those_of_torch(
    steps: int, batch: int, inputs: int, hidden: int, outputs: int, dtype: torch.dtype, seed: int
) -> None:
    torch.manual_seed(seed)
    ours = solution.VanillaRNN(inputs, hidden, outputs).to(dtype)
    torchs = Torchs(ours, dtype)
    x = torch.randn(steps, batch, inputs, dtype=dtype, requires_grad=True)
    h0 = torch.randn(batch, hidden, dtype=dtype, requires_grad=True)
    expected, actual = torchs(x, h0), ours(x, h0)
    for wanted, found in zip(expected, actual, strict=True):
        agree(wanted, found)
    cotangents = [torch.randn_like(result) for result in expected]
    theirs = torchs.named_like_ours()
    names = [name for name, _ in ours.named_parameters()]
    wanted_gradients = torch.autograd.grad(expected, [x, h0, *(theirs[name] for name in names)], cotangents)
    gradients = torch.autograd.grad(actual, [x, h0, *ours.parameters()], cotangents)
    for wanted, found in zip(wanted_gradients, gradients, strict=True):
        agree(wanted, found)


@settings(deadline=None, max_examples=20)
@given(steps=sizes, batch=sizes, inputs=sizes, hidden=sizes, dtype=dtypes)
def test_a_state_that_is_left_out_is_zero(
    steps: int, batch: int, inputs: int, hidden: int, dtype: torch.dtype
) -> None:
    ours = solution.VanillaRNN(inputs, hidden, 2).to(dtype)
    x = torch.randn(steps, batch, inputs, dtype=dtype)
    for wanted, found in zip(Torchs(ours, dtype)(x), ours(x), strict=True):
        agree(wanted, found)


def test_two_halves_of_a_sequence_make_the_whole() -> None:
    rnn = solution.VanillaRNN(3, 4, 2)
    x = torch.randn(7, 2, 3)
    first, h = rnn(x[:3])
    second, h_n = rnn(x[3:], h)
    whole, last = rnn(x)
    agree(whole, torch.cat([first, second]))
    agree(last, h_n)


@pytest.mark.parametrize("size", [50.0, -1e4])
def test_large_inputs_and_states_give_finite_results(size: float) -> None:
    rnn = solution.VanillaRNN(3, 4, 2)
    for result in rnn(torch.full((5, 2, 3), size), torch.full((2, 4), -size)):
        assert result.isfinite().all()


@pytest.mark.parametrize(("steps", "batch", "hidden"), [(70, 2, 4), (2, 20, 4), (3, 2, 34)])
def test_larger_sizes_are_like_small_ones(steps: int, batch: int, hidden: int) -> None:
    ours = solution.VanillaRNN(3, hidden, 5)
    x, h0 = torch.randn(steps, batch, 3), torch.randn(batch, hidden)
    for wanted, found in zip(Torchs(ours, torch.float32)(x, h0), ours(x, h0), strict=True):
        agree(wanted, found)


def test_gradients_reach_back_through_forty_steps() -> None:
    ours = solution.VanillaRNN(2, 3, 2).double()
    torchs = Torchs(ours, torch.float64)
    x = torch.randn(40, 1, 2, dtype=torch.float64, requires_grad=True)
    (wanted,) = torch.autograd.grad(torchs(x)[1].sum(), [x])
    (found,) = torch.autograd.grad(ours(x)[1].sum(), [x])
    agree(wanted, found)


def test_the_gradient_is_right_where_nothing_goes_into_the_tanh() -> None:
    ours = solution.VanillaRNN(3, 4, 2).double()
    with torch.no_grad():
        ours.bias_h.zero_()
    x = torch.zeros(1, 1, 3, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(ours(x)[1].sum(), [x])
    agree(ours.weight_ih.sum(dim=0), found[0, 0])


def test_the_mode_and_earlier_calls_change_nothing() -> None:
    rnn = solution.VanillaRNN(3, 4, 2)
    x = torch.randn(5, 2, 3)
    first = rnn(x)
    before = [result.clone() for result in first]
    with torch.no_grad():
        later = [rnn.eval()(-x), rnn(x), rnn.train()(x)]
    for result, kept, evaluated, again in zip(first, before, *later[1:], strict=True):
        assert torch.equal(result, kept)
        assert torch.equal(evaluated, kept)
        assert torch.equal(again, kept)


def test_new_parameters_give_the_results_of_a_new_network() -> None:
    rnn, other = solution.VanillaRNN(3, 4, 2), solution.VanillaRNN(3, 4, 2)
    x = torch.randn(5, 2, 3)
    rnn(x)
    rnn.load_state_dict(other.state_dict())
    for wanted, found in zip(other(x), rnn(x), strict=True):
        assert torch.equal(wanted, found)


def test_arguments_can_be_named() -> None:
    rnn = solution.VanillaRNN(input_size=3, hidden_size=4, output_size=2)
    x, h0 = torch.randn(5, 2, 3), torch.randn(2, 4)
    assert torch.equal(rnn(x=x, h0=h0)[0], rnn(x, h0)[0])
