"""The program that shows a failure again runs with plain torch and shows the same values."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.asking.conversation import ask
from grader.asking.questions import Question
from grader.judging.reproduction import snippet
from grader.sandbox.contract import Limits, Sandbox
from grader.values import Items, Tensor, Value
from grader.wire import Answer, Drawn

CHECKS = '''
from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task()
SCALE = 3.0
if SCALE > 4:
    raise ValueError(SCALE)


def scaled(x: Tensor) -> Tensor:
    return SCALE * x


@task.check(points=1, dtype="float32")
def everything(impl: Any, case: Case) -> dict[str, Any]:
    """Everything that a case gives."""
    rows, columns = case.size("rows"), case.size("columns", least=2)
    layer = case.fill(impl.Layer(rows, columns))
    x = scaled(case.normal(4, rows, name="x"))
    y = case.uniform(-1, 1, 4, columns) + case.integer(2, 9) + case.pick((10, 20, 30))
    found = case.gradients(lambda: layer(x), layer, x=x.detach())
    return {
        "value": layer(x) + y,
        "extreme": case.extreme(3),
        "weight": found["weight"],
        "raised": case.raises(ValueError, lambda: impl.fail()),
        "dtype": str(case.dtype),
        "labels": case.classes(5, 4, name="labels"),
        "whole": case.integers(-3, 3, 4),
        "mask": case.mask(4, 2),
        "text": case.show("word", case.text(5, letters="ab", name="letters")),
        "batches": [rows.sum().item() for (rows,) in case.batches(3, x)],
        "first, second": impl.pair(),
    }


def bounded(expected, actual):
    return None


@task.check(points=1, compare=bounded)
def law(impl: Any, case: Case) -> dict[str, Any]:
    """A law."""
    layer = case.fill(impl.Layer(case.size("rows"), case.size("columns")))
    return {"value": layer(case.normal(4, case.size("rows"), name="x"))}
'''
MODULE = """\
import torch
class Layer(torch.nn.Linear): pass
def fail(): raise ValueError('no')
def pair(): return 1, 2
"""
ASK = (("everything", (4,)), ("law", (0,)))


@pytest.fixture(scope="module")
def answers(sandbox: Sandbox) -> dict[str, dict[int, Answer]]:
    question = Question(CHECKS, "m", {"m.py": MODULE.encode()}, 5, ASK, record=True)
    return ask(sandbox, Limits(), question).answers


@pytest.fixture(scope="module")
def recorded(answers: dict[str, dict[int, Answer]]) -> Answer:
    return answers["everything"][4]


@pytest.fixture(scope="module")
def of_a_law(answers: dict[str, dict[int, Answer]]) -> str:
    answer = answers["law"][0]
    return snippet("A task", "m", CHECKS, "law", answer, answer.drawn, by_property=True)


@pytest.fixture(scope="module")
def program(recorded: Answer) -> str:
    return snippet("A task", "m", CHECKS, "everything", recorded, recorded.drawn, by_property=False)


def test_the_program_says_what_it_shows(program: str) -> None:
    assert (
        program.splitlines()[0] == '"""A task, check `everything`, rows 3, columns 2: run it beside m.py."""'
    )


def test_what_is_too_much_to_write_down_gives_no_program() -> None:
    drawn = Drawn("tensor", "x", Tensor("float64", np.zeros(3001)))

    assert (
        snippet("A task", "m", CHECKS, "everything", Answer("everything", 0, {}), [drawn], by_property=False)
        == ""
    )


def test_numbers_that_are_not_finite_can_be_written_down() -> None:
    drawn = Drawn("tensor", "x", Tensor("float64", np.array([np.nan, np.inf, -np.inf, 1.0])))
    program = snippet("t", "m", CHECKS, "everything", Answer("everything", 0, {}), [drawn], by_property=False)

    assert (
        '(\'x\', torch.tensor([float("nan"), float("inf"), float("-inf"), 1.0], dtype=torch.float64)),'
        in program
    )


def test_a_float32_number_has_as_few_digits_as_it_needs() -> None:
    drawn = Drawn("tensor", "x", Tensor("float32", np.array([0.1, -1.0], np.float32)))
    program = snippet("t", "m", CHECKS, "everything", Answer("everything", 0, {}), [drawn], by_property=False)

    assert "torch.tensor([0.1, -1.0], dtype=torch.float32)" in program


def test_a_program_has_only_what_its_check_uses_of_a_case(of_a_law: str, program: str) -> None:
    methods = ("fill", "next", "raises", "mask")

    assert [f"def {name}(" in of_a_law for name in methods] == [True, True, False, False]
    assert [f"def {name}(" in program for name in methods] == [True] * 4


def test_a_program_ends_with_a_comparison_of_the_tensors(program: str, of_a_law: str) -> None:
    assert program.rstrip().endswith("torch.testing.assert_close(seen.get(name), value, rtol=0, atol=0)")
    assert "assert_close" not in of_a_law


def printed(program: str, module: str, folder: Path) -> list[str]:
    """Return what a program prints beside `module`, which is m.py; it may end with its comparison only."""
    (folder / "m.py").write_text(module)
    (folder / "again.py").write_text(program)
    command = [sys.executable, "again.py"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ended.returncode == 0 or re.search(
        r"in <module>\n    (assert|torch.testing.assert)", ended.stderr
    ), ended.stderr
    return ended.stdout.splitlines()


def ran(program: str, module: str, folder: Path) -> dict[str, object]:
    """Return the values that a program has seen beside `module`, which is m.py."""
    plain = "{n: v.tolist() if hasattr(v, 'tolist') else v for n, v in seen.items()}"
    shown = f"\nimport json\nprint(json.dumps({plain}))\n"
    found: dict[str, object] = json.loads(printed(program + shown, module, folder)[-1])
    del found["first, second"]  # the pair as it was returned; its members have names of their own
    return found


def test_the_program_prints_what_was_expected_beside_what_was_seen(program: str, tmp_path: Path) -> None:
    lines = printed(program, MODULE.replace("return 1, 2", "return 1, 3"), tmp_path)
    first = lines.index("second should be")

    assert lines[first : first + 4] == ["second should be", "2", "and is", "3"]


def test_what_is_not_there_is_printed_as_missing(program: str, tmp_path: Path) -> None:
    lines = printed(program, MODULE.replace("return 1, 2", "return 1"), tmp_path)

    assert lines[-4:] == ["second should be", "2", "and is", "missing"]


def test_of_a_law_the_program_prints_only_what_was_seen(of_a_law: str, tmp_path: Path) -> None:
    lines = printed(of_a_law, MODULE, tmp_path)

    assert (lines[:1], "EXPECTED" in of_a_law) == (["value is"], False)


def test_a_program_with_parameters_of_its_own_can_be_run(of_a_law: str, tmp_path: Path) -> None:
    own = (
        "import torch\n"
        "class Layer(torch.nn.Module):\n"
        "    def __init__(self, rows, columns):\n"
        "        super().__init__()\n"
        "        self.weight = torch.nn.Parameter(torch.zeros(rows, 1))\n"
        "        self.own = torch.nn.Parameter(torch.zeros(1))\n"
        "    def forward(self, x): return x @ self.weight + self.own\n"
    )

    assert printed(of_a_law, own, tmp_path)[:1] == ["value is"]


def values(answer: Answer) -> dict[str, object]:
    return {name: plain(value) for name, value in (answer.observed or {}).items()}


def plain(value: Value) -> object:
    if isinstance(value, Items):
        return [plain(item) for item in value.items]
    return value.array.tolist() if isinstance(value, Tensor) else value


def test_the_program_shows_the_same_values_again(program: str, recorded: Answer, tmp_path: Path) -> None:
    assert ran(program, MODULE, tmp_path) == values(recorded)


def test_parameters_registered_in_another_order_get_their_own_values(
    program: str, recorded: Answer, tmp_path: Path
) -> None:
    reordered = MODULE.replace(
        "class Layer(torch.nn.Linear): pass",
        "class Layer(torch.nn.Linear):\n"
        "    def __init__(self, *sizes):\n"
        "        super().__init__(*sizes)\n"
        "        weight = self.weight\n"
        "        del self.weight\n"
        "        self.weight = weight\n",
    )

    assert ran(program, reordered, tmp_path) == values(recorded)


MODES = """
from grader import Task
from grader.authoring import shared_checks as shared

task = Task()


@task.check(points=1)
def modes(impl, case):
    \"\"\"The same in each mode.\"\"\"
    layer = case.fill(impl.Layer(case.size("rows"), case.size("columns")))
    (y,) = shared.one_after_another(case, layer, (case.normal(4, case.size("rows"), name="x"),))
    return {"y": y}


@task.check(points=1)
def two(impl, case):
    \"\"\"Two values by two names.\"\"\"
    return {"first, second": impl.pair()}


@task.check(points=1)
def training(impl, case):
    \"\"\"A check whose name is that of a parameter in a shared function.\"\"\"
    return {}
"""


def test_a_shared_function_keeps_its_own_names(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its parameters `training` and `gradients` are called as a check and as another shared function are."""
    question = Question(MODES, "m", {"m.py": MODULE.encode()}, 5, (("modes", (0,)),), record=True)
    answer = ask(sandbox, Limits(), question).answers["modes"][0]
    written = snippet("A task", "m", MODES, "modes", answer, answer.drawn, by_property=False, atol=1e-6)

    assert (printed(written, MODULE, tmp_path)[0], "def training" in written) == ("y should be", False)


def test_a_flat_program_prints_two_values_by_their_names(sandbox: Sandbox, tmp_path: Path) -> None:
    question = Question(MODES, "m", {"m.py": MODULE.encode()}, 5, (("two", (0,)),), record=True)
    answer = ask(sandbox, Limits(), question).answers["two"][0]
    written = snippet("A task", "m", MODES, "two", answer, answer.drawn, by_property=False)

    assert ("class Replay" in written, printed(written, MODULE.replace("1, 2", "1, 3"), tmp_path)[-4:]) == (
        False,
        ["second should be", "2", "and is", "3"],
    )


def test_the_program_imports_nothing_of_the_grader(program: str) -> None:
    imports = [line for line in program.splitlines() if line.startswith(("import", "from"))]

    assert imports == ["import torch", "import m as impl"]


EVERYTHING = '''
import collections
from dataclasses import dataclass

import numpy as np
import torch

from grader import Task

task = Task()
Point = collections.namedtuple("Point", "x y")


@dataclass(frozen=True)
class Result:
    loss: float


@task.check(points=1)
def everything(impl, case):
    """Everything that can be returned."""
    result = Result(float("nan"))
    return {
        "list": [1, [2.5, float("inf")], (), {}],
        "dict": {"a": {1: b"x"}, (1, 2): None, result: 1},
        "sets": [{1, "a"}, frozenset(), {Point(1, 2)}],
        "numbers": [np.float32(1.5), np.bool_(True), 1j, complex("nan"), 10**30],
        "arrays": [np.zeros((0, 3)), np.array([True]), np.array(["a", None], object)],
        "tensors": [torch.ones(2).bfloat16(), torch.zeros(0, 2), torch.ones(1, dtype=torch.uint16)],
        "others": [torch.float32, torch.device("cpu"), torch.zeros(2).shape, slice(1), Point(1, 2), result],
        "nan": float("nan"),
        "text": "a" * 100,
        "long": "a" * 100_000,
    }
'''


def test_the_program_runs_whatever_was_expected(sandbox: Sandbox, tmp_path: Path) -> None:
    question = Question(EVERYTHING, "m", {"m.py": b""}, 5, (("everything", (0,)),))
    expected = ask(sandbox, Limits(), question).answers["everything"][0]
    program = snippet("A task", "m", EVERYTHING, "everything", expected, (), by_property=False)
    lines = printed(program, "", tmp_path)

    assert [name for name in expected.observed or {} if f"{name} should be" in lines] == [
        "list", "dict", "sets", "numbers", "arrays", "tensors", "others", "nan", "text"
    ]  # fmt: skip
    assert lines[lines.index("list should be") + 1] == "[1, [2.5, inf], (), {}]"


def test_a_value_that_differs_within_a_list_is_printed_beside_the_expected_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    checks = EVERYTHING[: EVERYTHING.index("    result =")] + '    return {"merges": impl.merges()}\n'
    question = Question(
        checks, "m", {"m.py": b"def merges(): return [('a', 'b')]\n"}, 5, (("everything", (0,)),)
    )
    expected = ask(sandbox, Limits(), question).answers["everything"][0]
    program = snippet("A task", "m", checks, "everything", expected, (), by_property=False)
    lines = printed(program, "def merges(): return [('a', 'c')]\n", tmp_path)

    assert lines[-4:] == ["merges should be", "[('a', 'b')]", "and is", "[('a', 'c')]"]


NAMES = '''
from grader import Task
from grader.authoring import shared_checks as shared

task = Task()
SIZES = ("rows",)
DRAWN = EXPECTED = name = value = 5


def seen(case):
    return {name: case.size(name) for name in SIZES}


@task.check(points=1)
def unchanged(impl, case):
    """A call changes none of its arguments."""
    x = case.normal(seen(case)["rows"], DRAWN, name="x")
    return shared.unchanged(impl.doubled, x=x)
'''


def test_names_of_the_checks_and_shared_checks_may_be_any(sandbox: Sandbox, tmp_path: Path) -> None:
    right, wrong = "def doubled(x): return 2 * x\n", "def doubled(x): return x.mul_(2)\n"
    question = Question(NAMES, "m", {"m.py": right.encode()}, 5, (("unchanged", (0,)),), record=True)
    expected = ask(sandbox, Limits(), question).answers["unchanged"][0]
    program = snippet(
        "A task", "m", NAMES, "unchanged", expected, expected.drawn, by_property=False, atol=1e-9
    )
    lines = printed(program, wrong, tmp_path)

    assert lines[0] == "x afterwards should be"
    assert lines[1 : lines.index("and is")] != lines[lines.index("and is") + 1 :]
    assert "import grader" not in program and "from grader" not in program
