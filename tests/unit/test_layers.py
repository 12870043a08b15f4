"""The table of recurrent layers agrees with the torch that is installed."""

import inspect
import re

import pytest
import torch

from grader.authoring.layers import RECURRENT, functional_names, functions


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


LAYERS = sorted(
    name
    for name, found in vars(torch.nn).items()
    if isinstance(found, type) and issubclass(found, torch.nn.Module) and f"torch.nn.{name}" not in RECURRENT
)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_functions_that_a_layer_calls_are_its_functional_forms(layer: str) -> None:
    try:
        source = inspect.getsource(getattr(torch.nn, layer).forward)
    except TypeError:  # a container without `forward`
        return
    called = set(re.findall(r"\bF\.([a-z]\w+)\(", source))
    # A part of its work, and another name of the same function.
    called -= {"log_softmax"} if layer == "AdaptiveLogSoftmaxWithLoss" else set()
    called -= {"hardtanh"} if layer == "ReLU6" else set()

    assert called <= set(functions(f"torch.nn.{layer}"))


def test_the_functional_forms_of_a_layer_have_operators_of_other_names() -> None:
    assert {"layer_norm", "native_layer_norm"} <= functional_names("torch.nn.LayerNorm")


def test_what_is_no_layer_has_no_functional_form() -> None:
    assert functional_names("torch.softmax") == set()
