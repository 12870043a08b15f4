"""What a task forbids computes nothing, by whatever name and through whatever door."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json
import torch
from grader.errors import AssignmentError, ForbiddenLayer
from grader.guest.forbid import close_side_doors, operators, refuse

x, h = torch.zeros(1, 3), torch.zeros(1, 2)
cell = torch.nn.LSTMCell(3, 2)
weights = list(cell.parameters())
default, keys = torch.ops.aten.lstm_cell.default, torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
free = torch.ops.aten.add.Tensor


class Mine(torch.nn.LSTMCell):
    pass


TRIED = {
    "layer": lambda: cell(x),
    "subclass": lambda: Mine(3, 2)(x),
    "function": lambda: torch._VF.lstm_cell(x, (h, h), *weights),
    "operator": lambda: torch.ops.aten.lstm_cell(x, (h, h), *weights),
    "redispatch": lambda: default.redispatch(keys, x, (h, h), *weights),
    "decompose": lambda: default.decompose(x, (h, h), *weights),
    "whole layer": lambda: torch.nn.LSTM(3, 2)(x),
    "free layer": lambda: torch.nn.Linear(3, 2)(x),
    "free redispatch": lambda: free.redispatch(keys, x, x),
    "free decompose": lambda: torch.ops.aten.linear.default.decompose(x, torch.zeros(2, 3)),
    "gradient": lambda: torch.nn.GRUCell(3, 2)(x).sum().backward(),
    "softmax": lambda: torch.softmax(x, 0),
    "softmax method": lambda: x.softmax(0),
    "softmax in a layer": lambda: torch.nn.Softmax(0)(x),
    "batch norm": lambda: torch.nn.BatchNorm1d(3)(torch.ones(2, 3)),
}


def outcomes():
    found = {}
    for name, attempt in TRIED.items():
        try:
            attempt()
            found[name] = "computed"
        except ForbiddenLayer as error:
            found[name] = str(error)
        except Exception as error:
            found[name] = type(error).__name__
    return found


def refused(*names):
    try:
        refuse(names)
    except AssignmentError as error:
        return str(error)


stages = {"before": outcomes()}
close_side_doors([])
close_side_doors(["torch.nn.LSTMCell"])
stages["doors"] = outcomes()
kept = refuse(["torch.nn.LSTMCell", "torch.softmax", "torch.nn.BatchNorm1d"])
stages["after"] = outcomes()
stages["nothing"] = refuse([]) is None
stages["unknown"] = [refused(name) for name in ("torch.nn.Nothing", "torch.pi", "lstm", "")]
stages["operators"] = [operators(name) for name in ("torch.nn.LSTMCell", "torch.nn.Linear")]
print(json.dumps(stages))
"""


@pytest.fixture(scope="module")
def stages() -> dict[str, dict[str, str]]:
    """What became of each attempt before anything was forbidden, with the side doors closed, and after."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, dict[str, str]] = json.loads(ran.stdout)
    return found


def test_where_nothing_is_forbidden_everything_computes(stages: dict[str, dict[str, str]]) -> None:
    assert set(stages["before"].values()) == {"computed"}


@pytest.mark.parametrize("name", ["layer", "subclass", "function", "operator"])
def test_a_forbidden_layer_computes_by_none_of_its_names(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert stages["after"][name].startswith("`torch.nn.LSTMCell` computed here")


@pytest.mark.parametrize("door", ["redispatch", "decompose"])
def test_a_side_door_to_a_forbidden_layer_is_closed(stages: dict[str, dict[str, str]], door: str) -> None:
    assert stages["doors"][door] == (
        "`torch.nn.LSTMCell` computed here (through `lstm_cell`); this task asks to write it out."
    )


@pytest.mark.parametrize("door", ["free redispatch", "free decompose"])
def test_a_side_door_to_anything_else_stays_open(stages: dict[str, dict[str, str]], door: str) -> None:
    assert stages["doors"][door] == "computed"


def test_closing_side_doors_closes_no_front_door(stages: dict[str, dict[str, str]]) -> None:
    assert stages["doors"]["layer"] == "computed"


@pytest.mark.parametrize("name", ["whole layer", "free layer", "gradient", "free redispatch"])
def test_what_is_not_forbidden_computes(stages: dict[str, dict[str, str]], name: str) -> None:
    assert stages["after"][name] == "computed"


@pytest.mark.parametrize("name", ["softmax", "softmax method", "softmax in a layer"])
def test_a_forbidden_function_computes_by_none_of_its_names(
    stages: dict[str, dict[str, str]], name: str
) -> None:
    assert stages["after"][name].startswith("`torch.softmax` computed here")


def test_a_forbidden_layer_without_an_operator_of_its_own_is_refused(
    stages: dict[str, dict[str, str]],
) -> None:
    assert (
        stages["after"]["batch norm"]
        == "`torch.nn.BatchNorm1d` computed here; this task asks to write it out."
    )


def test_without_a_name_nothing_is_set_up(stages: dict[str, dict[str, str]]) -> None:
    assert stages["nothing"] is True


def test_a_name_that_is_nothing_of_torch_is_refused(stages: dict[str, dict[str, str]]) -> None:
    assert stages["unknown"] == [
        f"forbid: {name!r} is neither a layer nor a function of torch"
        for name in ("torch.nn.Nothing", "torch.pi", "lstm", "")
    ]


def test_a_layer_has_the_operators_of_the_table(stages: dict[str, dict[str, str]]) -> None:
    assert stages["operators"] == [["lstm_cell"], []]
