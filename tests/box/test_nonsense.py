"""No observation of any check is silently ignored: another value of the same type and shape fails.

Nothing here is written by hand: the wrong answers are made from those of the solutions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.asking.answer_cache import AnswerCache
from grader.asking.properties import examine, violated
from grader.asking.questions import CheckInfo
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import TaskSource, bundled, read_assignment
from grader.judging.comparison import failing_cases
from grader.sandbox.contract import Sandbox
from grader.values import Fields, Items, Members, Number, Table, Tensor, Value, Word, leaves
from grader.wire import Answer

FOLDERS = (bundled(), *sorted(path.parent for path in Path(__file__).parents[2].glob("examples/*/*.toml")))
TASKS = [(folder, task.name) for folder in FOLDERS for task in read_assignment(folder).tasks]


def nonsense(value: Value) -> Value:
    """Return another value of the same type and shape."""
    match value:
        case Tensor(dtype, array, numpy):
            changed: Any = ~array if array.dtype.kind == "b" else np.nan_to_num(array) * 2 + 1
            return Tensor(dtype, changed.astype(array.dtype), numpy)
        case Number(dtype, held):
            return Number(dtype, nonsense(held))  # type: ignore[arg-type]
        case Items(kind, items, names):
            return Items(kind, tuple(map(nonsense, items)), names)
        case Members(kind, items):
            return Members(kind, tuple(map(nonsense, items)))
        case Table(kind, pairs):
            return Table(kind, tuple((key, nonsense(item)) for key, item in pairs))
        case Fields(kind, fields):
            return Fields(kind, tuple((name, nonsense(item)) for name, item in fields))
        case Word(kind, text):
            return Word(kind, f"not {text}")
        case bool():
            return not value
        case int() | float() | complex():
            return 2 * value + 1
        case str():
            return f"not {value}"
        case bytes():
            return b"not " + value
    return "something"  # None has no other value of its type


def observations(answers: Mapping[int, Answer]) -> Iterator[str]:
    """Yield the names of what was seen in some case and holds anything."""
    names = {
        name
        for answer in answers.values()
        for name, value in (answer.observed or {}).items()
        if any(map(_has_another, leaves({name: value}).values()))
    }
    yield from sorted(names)


def _has_another(leaf: Value) -> bool:
    """Whether there is another value of the same type and shape: an empty tensor or list has none."""
    if isinstance(leaf, Tensor):
        return bool(leaf.array.size)
    return not isinstance(leaf, (Items, Members, Table, Fields))


def changed(answers: Mapping[int, Answer], name: str) -> dict[int, Answer]:
    """Return answers in which one observation is nonsense."""
    return {
        case: replace(answer, observed={**answer.observed, name: nonsense(answer.observed[name])})
        if answer.observed and name in answer.observed
        else answer
        for case, answer in answers.items()
    }


@pytest.fixture(scope="module")
def asked(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TaskSource, tuple[CheckInfo, ...], Mapping[str, Mapping[int, Answer]], Sandbox]:
    """What the solution of a task answers."""
    folder, name = request.param
    assignment = read_assignment(folder)
    (task,) = assignment.only((name,))
    trusted = ReferenceAnswers(assignment.seed, sandbox, AnswerCache(tmp_path_factory.mktemp("key")))
    description, solution = trusted.solve(task)
    assert description is not None
    return task, description.checks, solution.answers, sandbox


Asked = tuple[TaskSource, tuple[CheckInfo, ...], Mapping[str, Mapping[int, Answer]], Sandbox]


@pytest.mark.parametrize("asked", TASKS, indirect=True, ids=[name for _, name in TASKS])
def test_nonsense_in_any_observation_of_any_check_fails(asked: Asked) -> None:
    _, checks, answers, _ = asked
    ignored = [
        (check.name, name)
        for check in checks
        if not check.compare
        for name in observations(answers[check.name])
        if not failing_cases(answers[check.name], changed(answers[check.name], name), check.accuracy)
    ]

    assert ignored == []


@pytest.mark.parametrize("asked", TASKS, indirect=True, ids=[name for _, name in TASKS])
def test_something_else_in_any_observation_under_a_law_fails(asked: Asked) -> None:
    task, checks, answers, sandbox = asked
    by_law = [check for check in checks if check.compare]
    places = [(check, name) for check in by_law for name in observations(answers[check.name])]
    given = [
        {
            check.name: {
                case: replace(answer, observed={**(answer.observed or {}), name: "something"})
                for case, answer in answers[check.name].items()
            }
        }
        for check, name in places
    ]
    found = examine(sandbox, read_assignment(bundled()).limits, task, by_law, answers, given) if given else []
    ignored = [
        (check.name, name)
        for (check, name), findings in zip(places, found, strict=True)
        if not violated(findings[check.name])
    ]

    assert ignored == []
