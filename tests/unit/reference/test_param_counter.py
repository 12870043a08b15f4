"""The reference count of parameters, against networks that torch builds."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

_PATH = Path(__file__).parents[3] / "reference" / "param_counter" / "solution.py"
_SPEC = importlib.util.spec_from_file_location("param_counter_solution", _PATH)
assert _SPEC is not None and _SPEC.loader is not None
solution = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(solution)

sizes = st.integers(1, 12)


def built(inputs: int, hidden: int, outputs: int) -> int:
    layers = [
        nn.Linear(inputs, hidden, bias=False),
        nn.Linear(hidden, hidden, bias=True),
        nn.Linear(hidden, outputs, bias=True),
    ]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


@pytest.mark.parametrize("steps", [5, 10])
def test_the_example_of_the_source_has_20362_parameters(steps: int) -> None:
    assert solution.count_rnn_parameters(20, 128, 10, steps) == 20362


@settings(deadline=None, max_examples=30)
@given(inputs=sizes, hidden=sizes, outputs=sizes, steps=st.integers(1, 1000))
def test_the_count_is_that_of_a_built_network_for_any_number_of_steps(
    inputs: int, hidden: int, outputs: int, steps: int
) -> None:
    counted = solution.count_rnn_parameters(inputs, hidden, outputs, steps)
    assert counted == built(inputs, hidden, outputs)


@settings(deadline=None, max_examples=30)
@given(inputs=sizes, hidden=sizes, outputs=sizes)
def test_the_recurrent_layer_has_one_bias_vector_less_than_the_one_of_torch(
    inputs: int, hidden: int, outputs: int
) -> None:
    torchs = sum(parameter.numel() for parameter in nn.RNN(inputs, hidden).parameters())
    output_layer = hidden * outputs + outputs
    counted = solution.count_rnn_parameters(inputs, hidden, outputs, 1)
    assert counted == torchs - hidden + output_layer


def test_the_result_is_an_int() -> None:
    assert type(solution.count_rnn_parameters(1, 1, 1, 1)) is int


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("low", [0, -1])
def test_a_size_or_a_number_of_steps_below_one_is_refused(place: int, low: int) -> None:
    arguments = [3, 4, 5, 6]
    arguments[place] = low
    with pytest.raises(ValueError, match="at least 1"):
        solution.count_rnn_parameters(*arguments)


@pytest.mark.parametrize("sizes", [(-2, -3, 5, 6), (-2, 4, -5, 6), (3, -4, -5, 6), (3, -4, 5, -6)])
def test_two_numbers_below_one_at_once_are_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        solution.count_rnn_parameters(*sizes)


def test_the_count_of_a_large_network_is_odd_and_exact() -> None:
    assert solution.count_rnn_parameters(1001, 4400, 1003, 1_000_000) == 28183003


@pytest.mark.parametrize("sizes", [(1, 4, 3), (3, 1, 4), (4, 3, 1), (1, 1, 1)])
def test_sizes_and_steps_of_one_are_counted_like_others(sizes: tuple[int, int, int]) -> None:
    assert solution.count_rnn_parameters(*sizes, 1) == built(*sizes)


def test_the_arguments_can_be_given_by_name() -> None:
    count = solution.count_rnn_parameters(input_size=20, hidden_size=128, output_size=10, time_steps=5)
    assert count == 20362
