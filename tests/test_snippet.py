"""The program that shows a failure again runs with plain torch and shows the same values."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.asking import Question, put
from grader.observation import Answer, Drawn, Tensor
from grader.sandbox.contract import Limits, Sandbox
from grader.snippet import snippet

CHECKS = '''
from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task()
SCALE = 3.0


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
    }
'''
MODULE = "import torch\nclass Layer(torch.nn.Linear): pass\ndef fail(): raise ValueError('no')\n"
ASK = (("everything", (4,)),)


@pytest.fixture(scope="module")
def recorded(sandbox: Sandbox) -> Answer:
    question = Question(CHECKS, "m", {"m.py": MODULE.encode()}, 5, ASK, record=True)
    return put(sandbox, Limits(), question).answers["everything"][4]


@pytest.fixture(scope="module")
def program(recorded: Answer) -> str:
    return snippet("A task", "m", CHECKS, "everything", recorded, recorded.drawn)


def test_the_program_says_what_it_shows(program: str) -> None:
    assert program.splitlines()[0] == '"""A task, check `everything`, case 4: run it beside m.py."""'


def test_the_program_says_what_was_expected(program: str) -> None:
    assert "# raised: 'ValueError'" in program.splitlines()


def test_what_is_too_much_to_write_down_gives_no_program() -> None:
    drawn = Drawn("tensor", "x", Tensor("float64", np.zeros(3001)))

    assert snippet("A task", "m", CHECKS, "everything", Answer("everything", 0, {}), [drawn]) == ""


def test_numbers_that_are_not_finite_can_be_written_down() -> None:
    drawn = Drawn("tensor", "x", Tensor("float64", np.array([np.nan, np.inf, -np.inf, 1.0])))
    lines = snippet("t", "m", CHECKS, "everything", Answer("everything", 0, {}), [drawn]).splitlines()

    assert lines[8] == (
        '    (\'x\', torch.tensor([float("nan"), float("inf"), float("-inf"), 1.0], dtype=torch.float64)),'
    )


def ran(program: str, module: str, folder: Path) -> dict[str, object]:
    """Return what a program shows beside `module`, which is m.py."""
    shown = "\nimport json\nprint(json.dumps({n: v.tolist() if hasattr(v, 'tolist') else v for n, v in seen.items()}))\n"
    (folder / "m.py").write_text(module)
    (folder / "again.py").write_text(program + shown)
    command = [sys.executable, "again.py"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def values(answer: Answer) -> dict[str, object]:
    return {n: v.array.tolist() if isinstance(v, Tensor) else v for n, v in (answer.observed or {}).items()}


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


def test_the_program_imports_nothing_of_the_grader(program: str) -> None:
    imports = [line for line in program.splitlines() if line.startswith(("import", "from"))]

    assert imports == ["import torch", "import m as impl"]
