"""Judges answers by an author's `compare=`: laws that many right answers obey.

`compare=` is plain PyTorch, so it runs in the sandbox as well, in a process that holds answers but no
student's program.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.asking import conversation
from grader.asking.conversation import CheckInfo
from grader.sandbox.contract import Limits, Sandbox
from grader.wire import Answer, Tensor, Value

_ROOM, _TIMES = 1 << 16, 16
"""Bytes that a law looks at beyond so many times those of the solution's answer."""

Answers = Mapping[str, Mapping[int, Answer]]


@dataclass(frozen=True)
class PropertyResult:
    """What was found out about one case; `problem` is empty where the law holds."""

    problem: str
    by_law: bool = True
    """False where the answer is of another kind than the solution's: the plain judge says how."""

    @property
    def kind(self) -> str:
        """The problem without its numbers, to tell whether two have the same."""
        return re.sub(r"\d+(\.\d+)?(e[+-]?\d+)?", "#", self.problem)


PropertyResults = Mapping[str, Mapping[int, PropertyResult]]


def examine(
    sandbox: Sandbox,
    limits: Limits,
    source: str,
    checks: Sequence[CheckInfo],
    solution: Answers,
    given: Sequence[Answers],
) -> list[PropertyResults]:
    """Return, for each of `given`, what the laws of `checks` say about its answers.

    Raises `AssignmentError` where `compare=` cannot be run.
    """
    found: list[dict[str, dict[int, PropertyResult]]] = [{check.name: {} for check in checks} for _ in given]
    pairs: list[tuple[Answer, Answer]] = []
    places: list[dict[int, PropertyResult]] = []
    for answers, findings in zip(given, found, strict=True):
        for check in checks:
            for case, expected in solution[check.name].items():
                actual = answers.get(check.name, {}).get(case)
                if actual is None:
                    findings[check.name][case] = PropertyResult("no answer", by_law=False)
                elif not _comparable(expected, actual):
                    findings[check.name][case] = PropertyResult(_kind(actual), by_law=False)
                else:
                    # What was seen is all that a law looks at; the rest may be endless.
                    pairs.append((expected, Answer(check.name, case, actual.observed)))
                    places.append(findings[check.name])
    if pairs:
        allowed = replace(limits, task_seconds=limits.task_seconds * len(given))  # each has its own time
        results = conversation.check_properties(sandbox, allowed, source, pairs)
        for place, (expected, _), (problem, failed) in zip(places, pairs, results, strict=True):
            if failed:
                problem = f"what was returned could not be looked at: {problem}"
            place[expected.case] = PropertyResult(problem)
    return list(found)


def _kind(actual: Answer) -> str:
    if actual.raised is not None:
        return f"raised {actual.raised.kinds[0]}"
    return "an argument was changed" if actual.changed else "of another kind"


def _comparable(expected: Answer, actual: Answer) -> bool:
    """Whether both hold the same names with values of the same kind."""
    if expected.observed is None or actual.observed is None or actual.changed:
        return False
    kinds = {name: type(value) for name, value in expected.observed.items()}
    if kinds != {name: type(value) for name, value in actual.observed.items()}:
        return False
    return _bytes(actual.observed) <= _ROOM + _TIMES * _bytes(expected.observed)


def _bytes(observed: Mapping[str, Value]) -> int:
    return sum(value.array.nbytes for value in observed.values() if isinstance(value, Tensor))


def violated(findings: Mapping[int, PropertyResult]) -> tuple[int, ...]:
    """Return the cases in which a law does not hold."""
    return tuple(case for case in sorted(findings) if findings[case].problem)


def same_violation(one: Mapping[int, PropertyResult], other: Mapping[int, PropertyResult]) -> bool:
    """Whether two break a law in the same way on the same cases."""
    kinds = {case: finding.kind for case, finding in one.items()}
    return any(kinds.values()) and kinds == {case: finding.kind for case, finding in other.items()}
