"""The table of recurrent layers agrees with the torch that is installed."""

import pytest
import torch

from grader.authoring.layers import RECURRENT, functional_names


@pytest.mark.parametrize("layer", RECURRENT)
def test_a_layer_of_the_table_exists(layer: str) -> None:
    assert issubclass(getattr(torch.nn, layer.removeprefix("torch.nn.")), torch.nn.Module)


@pytest.mark.parametrize("operator", [one for operators in RECURRENT.values() for one in operators])
def test_an_operator_of_the_table_exists(operator: str) -> None:
    name, _, overload = operator.partition(".")

    assert (overload or "default") in getattr(torch.ops.aten, name).overloads()


def test_no_overload_of_a_recurrent_operator_is_missing() -> None:
    known = {operator for operators in RECURRENT.values() for operator in operators}
    there = {
        f"{name}.{overload}" if overload != "default" else name
        for name in {operator.partition(".")[0] for operator in known} - {"mkldnn_rnn_layer"}
        for overload in getattr(torch.ops.aten, name).overloads()
        if "out" not in overload
    }

    assert there - known == set()


def test_the_functional_forms_of_a_layer_are_known() -> None:
    assert functional_names("torch.nn.RNNCell") == {"rnn_tanh_cell", "rnn_relu_cell"}


def test_a_layer_that_is_not_recurrent_has_none() -> None:
    assert functional_names("torch.nn.Linear") == set()
