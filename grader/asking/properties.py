"""Judges answers by an author's `compare=`: properties that many right answers have.

A property is its author's responsibility. If it raises an exception on an answer that has the names,
types and shapes of the solution's, or if the solution itself violates it, no student loses a point.

`compare=` is plain PyTorch, so it runs in the sandbox as well, in a process that holds answers but no
student's program.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.asking import conversation
from grader.asking.questions import CheckInfo
from grader.assignment.loader import TaskSource
from grader.results.message import Message
from grader.sandbox.contract import Limits, Sandbox
from grader.values import (
    Fields,
    Items,
    Members,
    Number,
    Table,
    Tensor,
    Value,
    Word,
    incomparable,
    key_text,
    size,
)
from grader.wire import Answer

_SPARE_BYTES, _TIMES = 1 << 16, 16
"""An answer may have this many times the bytes of the solution's, and the spare bytes on top."""

Answers = Mapping[str, Mapping[int, Answer]]


@dataclass(frozen=True)
class PropertyResult:
    """The result for one case; `problem` is None if the property holds."""

    problem: Message | None
    by_property: bool = True
    """False if the answer is of another kind than the solution's: the comparison by value says how."""
    shown: str = ""
    """The observation that the property asks to show, empty for all of them."""
    failed: bool = False
    """Whether the property raised an exception, or never ended."""
    fault: bool = False
    """Whether that is the author's fault: a property has to expect such an answer."""


PropertyResults = Mapping[str, Mapping[int, PropertyResult]]


def examine(
    sandbox: Sandbox,
    limits: Limits,
    task: TaskSource,
    checks: Sequence[CheckInfo],
    solution: Answers,
    given: Sequence[Answers],
) -> list[PropertyResults]:
    """Return, for each of `given`, what the properties of `checks` in `task` say about its answers.

    Raises `AssignmentError` if `compare=` cannot be run.
    """
    found: list[dict[str, dict[int, PropertyResult]]] = [{check.name: {} for check in checks} for _ in given]
    pairs: list[tuple[Answer, Answer]] = []
    places: list[dict[int, PropertyResult]] = []
    for answers, findings in zip(given, found, strict=True):
        for check in checks:
            for case, expected in solution[check.name].items():
                actual = answers.get(check.name, {}).get(case)
                if actual is None:
                    findings[check.name][case] = PropertyResult(
                        Message.of("no_answer_given"), by_property=False
                    )
                elif not _comparable(expected, actual):
                    findings[check.name][case] = PropertyResult(_kind(actual), by_property=False)
                else:
                    # A property sees only what was observed; the rest of an answer may be huge.
                    pairs.append((expected, Answer(check.name, case, actual.observed)))
                    places.append(findings[check.name])
    if pairs:
        allowed = replace(limits, task_seconds=limits.task_seconds * len(given))  # each has its own time
        results = conversation.check_properties(sandbox, allowed, task.checks, pairs, task.beside, task.data)
        for place, (expected, actual), said in zip(places, pairs, results, strict=True):
            finding = PropertyResult(said.problem, shown=said.shown)
            if not said.readable:
                finding = PropertyResult(_kind(actual), by_property=False)
            elif said.failed and of_one_form(expected, actual):
                problem = Message.of("property_failed", reason=_problem(said))
                finding = PropertyResult(problem, failed=True, fault=True)
            elif said.failed:
                problem = Message.of("property_not_applicable", reason=_problem(said))
                finding = PropertyResult(problem, failed=True)
            place[expected.case] = finding
    return list(found)


def _problem(said: conversation.Compared) -> Message:
    """Return why `compare=` failed; a child process may have ended without a word."""
    return said.problem or Message.of("no_answer_given")


def _kind(actual: Answer) -> Message:
    if actual.raised is not None:
        return Message.of("raised_kind", kind=actual.raised.kinds[0])
    return Message.of("some_argument_changed") if actual.changed else Message.of("of_another_kind")


def _comparable(expected: Answer, actual: Answer) -> bool:
    """Whether both hold the same names with values of the same kind."""
    if expected.observed is None or actual.observed is None or actual.changed:
        return False
    kinds = {name: _type(value) for name, value in expected.observed.items()}
    if kinds != {name: _type(value) for name, value in actual.observed.items()}:
        return False
    if any(incomparable(name, value) for name, value in actual.observed.items()):
        return False
    return _bytes(actual.observed) <= _SPARE_BYTES + _TIMES * _bytes(expected.observed)


def _type(value: Value) -> tuple[type, bool]:
    held = value.value if isinstance(value, Number) else value
    return type(held), isinstance(held, Tensor) and held.numpy


def of_one_form(expected: Answer, actual: Answer) -> bool:
    """Whether two answers have the same names, types and shapes, within their values too."""
    ones, others = expected.observed or {}, actual.observed or {}
    return {name: _form(value) for name, value in ones.items()} == {
        name: _form(value) for name, value in others.items()
    }


def _form(value: Value) -> Any:
    match value:
        case Tensor(dtype, array, numpy):
            return dtype, array.shape, numpy
        case Items(kind, items, names):
            # A list and a tuple are alike for every comparison.
            return "list" if kind == "tuple" else kind, names, [_form(item) for item in items]
        case Members(kind, items):
            return kind, sorted(repr(_form(item)) for item in items)
        case Table(pairs=pairs):
            return Table, {(key_text(key), type(key)): _form(item) for key, item in pairs}
        case Fields(kind, fields):
            return kind, {name: _form(item) for name, item in fields}
        case Word(kind, _):
            return kind
    return _type(value)


def _bytes(observed: Mapping[str, Value]) -> int:
    return sum(map(size, observed.values()))


def violated(findings: Mapping[int, PropertyResult]) -> tuple[int, ...]:
    """Return the cases in which a property does not hold."""
    return tuple(case for case in sorted(findings) if findings[case].problem)


def faults(findings: Mapping[int, PropertyResult]) -> tuple[int, ...]:
    """Return the cases in which the property itself is at fault."""
    return tuple(case for case in sorted(findings) if findings[case].fault)


def same_violation(one: Mapping[int, PropertyResult], other: Mapping[int, PropertyResult]) -> bool:
    """Whether two violations have the same cases and the same messages, numbers included.

    An exception in a property says nothing about a program, so it is never the same.
    """
    if any(finding.failed for finding in (*one.values(), *other.values())):
        return False
    said = {case: finding.problem for case, finding in one.items()}
    return any(said.values()) and said == {case: finding.problem for case, finding in other.items()}
