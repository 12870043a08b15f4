"""Beside the solution, the program that shows a failure sees what was expected, in all our assignments."""

import contextlib
import io
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from in_process import InProcess

from grader.asking.answer_cache import AnswerCache
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import TaskSource, bundled, read_assignment
from grader.judging.comparison import largest_allowed
from grader.judging.reproduction import snippet

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = 7
TASKS = [
    task
    for folder in (bundled(), *(path.parent for path in sorted(EXAMPLES.glob("*/assignment.toml"))))
    for task in read_assignment(folder).tasks
]


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> ReferenceAnswers:
    return ReferenceAnswers(SEED, InProcess(), AnswerCache(tmp_path_factory.mktemp("cache")))


@contextlib.contextmanager
def importable(name: str, source: str) -> Iterator[None]:
    """Let programs import a module with this source."""
    module = types.ModuleType(name)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(compile(source, f"{name}.py", "exec"), vars(module))
        yield
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


def plain(value: Any) -> Any:
    """Return a value without tensors, which a program compares itself, and with a list for each array."""
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, torch.Tensor):
        return "a tensor"
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("task", [one for one in TASKS if len(one.modules) == 1], ids=lambda one: one.name)
def test_beside_the_solution_a_program_sees_what_is_expected(
    task: TaskSource, trusted: ReferenceAnswers
) -> None:
    description, _ = trusted.solve(task)
    assert description is not None
    compared = [check for check in description.checks if not check.compare and not check.hidden]
    ask = tuple((check.name, tuple({0, check.cases - 1})) for check in compared)
    answers = trusted.ask(task, task.solution, description, ask, record=True).answers
    (module,) = task.modules
    for check in compared:
        for case, expected in answers[check.name].items():
            program = snippet(
                task.title, module, task.whole_checks, check.name, expected, expected.drawn,
                by_property=False, seed=SEED, atol=largest_allowed(expected, check.accuracy),
            )  # fmt: skip
            names: dict[str, Any] = {}
            with importable(module, task.solution), contextlib.redirect_stdout(io.StringIO()):
                exec(program, names)
            seen, wanted = names.get("seen", {}), names.get("EXPECTED", {})
            assert {name: plain(seen.get(name)) for name in wanted} == {
                name: plain(value) for name, value in wanted.items()
            }, (check.name, case)
