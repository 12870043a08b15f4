"""Known mistakes: compares their answers with those of a submission."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import numpy as np

from grader.accuracy import Accuracy, tolerance
from grader.asking.questions import CheckInfo, Responses
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
    """A mistake's answers; `names` has one entry, or two if two mistakes were combined."""

    names: tuple[str, ...]
    hint: str
    answers: Answers
    telling: Mapping[str, frozenset[int]]
    """By check: the cases in which it answers differently from the solution."""
    title: str = ""
    """What people call it."""


def distinguishing_cases(
    check: CheckInfo, solution: Mapping[int, Answer], given: Mapping[int, Answer]
) -> frozenset[int]:
    """Return the cases of `check` in which the given answer differs from the solution's."""
    return frozenset(
        case
        for case, answer in solution.items()
        if case in given and not agree(answer, given[case], check.accuracy)
    )


@dataclass
class Candidates:
    """Makes candidates of known mistakes, and keeps what is the same for all submissions of a class."""

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
        """Return what `mistake` answers to `checks`, and in which cases it differs from the solution.

        `solution` holds, by check, the accepted answers that are nearest to the submission's; `nearest`
        holds their numbers.
        """
        answers = self.trusted.ask_mistake(task, mistake, checks)
        telling = {}
        for check in checks:
            reference = (nearest or {}).get(check.name, 0)
            place = task.name, mistake.source, check.name, check.strict, reference
            found = self._distinguishing.get(place)
            if found is None:
                found = distinguishing_cases(check, solution.answers[check.name], answers[check.name])
                # An answer may be missing because the machine was busy; another process may have it by now.
                if len(answers[check.name]) == check.cases:
                    self._distinguishing[place] = found
            telling[check.name] = found
        return Candidate((mistake.name,), mistake.hint, answers, telling, mistake.title)


def accuracy_of_mistakes(check: CheckInfo) -> Accuracy:
    """Return how near a submission has to come to a mistake's answers."""
    # In a check of float32 a mistake may give float64 that was computed in float32.
    floor = 0.0 if check.strict else tolerance(check.dtype, check.digits)
    return replace(check.accuracy, floor=floor)


def matches(check: CheckInfo, suspect: Candidate, failing: Set[int], given: Mapping[int, Answer]) -> bool:
    """Whether a suspect and the submission answer `check` in the same way.

    They do if the suspect fails at least one case, both fail the same cases, and both give the same
    answers on these. If both overflow, only the finite numbers are compared: a student who writes two
    gates by hand has more numbers that are not finite.
    """
    telling = suspect.telling[check.name]
    accuracy = accuracy_of_mistakes(check)
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
            and worded_alike(answers[case].raised, given[case].raised)
            for case in telling
        )
    )


def _overflow_alike(one: Answer, other: Answer, accuracy: Accuracy) -> bool:
    """Whether both have entries that are not finite, and agree wherever both are finite."""
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


def worded_alike(one: Raised | None, other: Raised | None) -> bool:
    """Whether two exceptions of one type say the same, numbers and names of functions aside.

    A type alone is weak evidence: Python raises `ValueError` for a tuple of the wrong length and much else.
    But a program may also raise `ValueError` in words of its own, which no two people choose alike.
    """
    return _words(one) == _words(other)


def _words(raised: Raised | None) -> str:
    if raised is None:
        return ""
    # Each operation has its own words for dtypes that are not the same.
    if raised.kinds[0] == "RuntimeError" and _OF_DTYPES.search(raised.message):
        return "dtype"
    if raised.kinds[0] == "ValueError" and not _PYTHONS_OWN.search(raised.message):
        return "own words"
    return re.sub(r"\d+", "#", re.sub(r"[\w.<>]+\(\)", "()", raised.message))


_OF_DTYPES = re.compile("dtype|scalar type|Float and Double|Double and Float")
_PYTHONS_OWN = re.compile(
    "values to unpack|could not convert|invalid literal|math domain|(?:is )?not in list|only one element|"
    "ambiguous|could not be broadcast|setting an array element|arg is an empty sequence|"
    "iterable argument is empty|substring not found|empty separator|not in tuple"
)
"""In messages of `ValueError` that Python, torch and NumPy write themselves."""
_CLAIM = re.compile(r"\b(?:right|correct)\b", re.IGNORECASE)
_CLAIM_BUT = re.compile(r"(^|(?<=[.!?] ))[^.!?]*\b(?:right|correct)\b[^.!?]*?,?\s+but\s+(\w)", re.IGNORECASE)


def without_claims(hint: str) -> str:
    """Return a hint that calls nothing right: for a submission that has other mistakes as well.

    `The values are right, but no gradient flows` becomes `No gradient flows`. If that is not possible, the
    hint is left out.
    """
    shorter = _CLAIM_BUT.sub(lambda found: found[2].upper(), hint)
    return "" if _CLAIM.search(shorter) else shorter


def agreement(given: Answers, suspect: Answers) -> int:
    """Return in how many cases of all checks a suspect gives the submission's answer."""
    return sum(
        case in given.get(check, {}) and agree(answer, given[check][case])
        for check, by_case in suspect.items()
        for case, answer in by_case.items()
    )
