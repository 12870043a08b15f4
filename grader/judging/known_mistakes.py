"""Finds the known mistake that a submission makes, by what it does."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from grader.accuracy import Accuracy, tolerance
from grader.asking.conversation import CheckInfo, Responses
from grader.asking.reference import ReferenceAnswers
from grader.assignment.loader import TaskSource
from grader.assignment.mistakes import Mistake
from grader.judging.comparison import agree
from grader.values import Tensor, leaves
from grader.wire import Answer, Raised

Answers = Mapping[str, Mapping[int, Answer]]
"""By check, by case."""


@dataclass(frozen=True)
class Candidate:
    """A mistake's answers; `names` has one entry, or two where two were combined."""

    names: tuple[str, ...]
    hint: str
    answers: Answers
    telling: Mapping[str, frozenset[int]]
    """By check: the cases that tell it from the solution."""


def distinguishing_cases(
    check: CheckInfo, solution: Mapping[int, Answer], given: Mapping[int, Answer]
) -> frozenset[int]:
    """Return the cases of `check` in which an answer was given that is not the solution's."""
    return frozenset(
        case
        for case, answer in solution.items()
        if case in given and not agree(answer, given[case], check.accuracy)
    )


@dataclass
class Candidates:
    """Makes candidates of known mistakes; what is the same for every submission of a class is kept."""

    trusted: ReferenceAnswers
    _distinguishing: dict[tuple[str, str, str, bool, int], frozenset[int]] = field(default_factory=dict)
    """By task, source of the mistake, check, whether it is strict, and accepted answer."""

    def candidate(
        self,
        task: TaskSource,
        mistake: Mistake,
        checks: Sequence[CheckInfo],
        solution: Responses,
        nearest: Mapping[str, int] | None = None,
    ) -> Candidate:
        """Return what `mistake` answers to `checks`, and which cases tell it from the solution.

        `solution` holds the accepted answers that come nearest to a submission; `nearest` says by check
        which of them those are.
        """
        answers = self.trusted.ask_mistake(task, mistake, checks)
        telling = {}
        for check in checks:
            reference = (nearest or {}).get(check.name, 0)
            place = task.name, mistake.source, check.name, check.strict, reference
            if place not in self._distinguishing:
                self._distinguishing[place] = distinguishing_cases(
                    check, solution.answers[check.name], answers[check.name]
                )
            telling[check.name] = self._distinguishing[place]
        return Candidate((mistake.name,), mistake.hint, answers, telling)


def matches(check: CheckInfo, suspect: Candidate, failing: Set[int], given: Mapping[int, Answer]) -> bool:
    """Whether a suspect answers `check` as it was answered.

    It does when it fails some case, fails where the submission fails, and answers like the
    submission on every case that tells it from the solution. Where both overflow, the numbers that
    are left are compared: one who writes two gates by hand has more that are not finite.
    """
    telling = suspect.telling[check.name]
    # In a check of float32 a mistake may give float64 that was computed in float32.
    floor = 0.0 if check.strict else tolerance(check.dtype, check.digits)
    accuracy = replace(check.accuracy, floor=floor)
    answers = suspect.answers[check.name]
    return (
        bool(telling)
        and telling == failing
        and all(
            case in given
            and (
                agree(answers[case], given[case], accuracy)
                or _overflow_alike(answers[case], given[case], accuracy)
            )
            and _worded(answers[case].raised) == _worded(given[case].raised)
            for case in telling
        )
    )


def _overflow_alike(one: Answer, other: Answer, accuracy: Accuracy) -> bool:
    """Whether both are not finite somewhere, and agree where they both are."""
    ones, others = leaves(one.observed or {}), leaves(other.observed or {})
    overflown = False
    for name in ones.keys() & others.keys():
        a, b = ones[name], others[name]
        if not (isinstance(a, Tensor) and isinstance(b, Tensor) and a.array.shape == b.array.shape):
            continue
        finite = np.isfinite(a.array), np.isfinite(b.array)
        if finite[0].all() or finite[1].all():
            continue
        both = finite[0] & finite[1]
        ones[name] = replace(a, array=np.where(both, a.array, 0).astype(a.array.dtype))
        others[name] = replace(b, array=np.where(both, b.array, 0).astype(b.array.dtype))
        overflown = True
    return overflown and agree(replace(one, observed=ones), replace(other, observed=others), accuracy)


def _worded(raised: Raised | None) -> str:
    """Return the words of torch's own errors without their numbers: there are many of one kind.

    Each operation says in words of its own that its dtypes are not the same.
    """
    if raised is None or raised.kinds[0] not in ("RuntimeError", "IndexError"):
        return ""
    if re.search("dtype|scalar type|Float and Double|Double and Float", raised.message):
        return "dtype"
    return re.sub(r"\d+", "#", raised.message)


def agreement(given: Answers, suspect: Answers) -> int:
    """Return on how many cases of all checks a suspect answers like the submission."""
    return sum(
        case in given.get(check, {}) and agree(answer, given[check][case])
        for check, by_case in suspect.items()
        for case, answer in by_case.items()
    )
