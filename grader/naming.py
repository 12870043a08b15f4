"""Finds the known mistake that a submission makes, by what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.asking import CheckInfo
from grader.judge import agree, tolerance
from grader.observation import Answer

Answers = Mapping[str, Mapping[int, Answer]]
"""By check, by case."""


@dataclass(frozen=True)
class Suspect:
    """A mistake's answers; `names` has one entry, or two where two were combined."""

    names: tuple[str, ...]
    hint: str
    answers: Answers


def fitting(
    check: CheckInfo,
    solution: Mapping[int, Answer],
    given: Mapping[int, Answer],
    suspects: Sequence[Suspect],
) -> list[Suspect]:
    """Return the suspects that answer `check` as it was answered, the best evidence first.

    A suspect fits when it fails some case, fails where the submission fails, and answers like the
    submission on every case that tells it from the solution.
    """
    # In a check of float32 a mistake may give float64 that was computed in float32.
    floor = tolerance(check.dtype)
    failing = {
        case
        for case, answer in solution.items()
        if case not in given or not agree(answer, given[case], check.depth)
    }
    found = []
    for suspect in suspects:
        answers = suspect.answers.get(check.name, {})
        telling = {
            case
            for case, answer in solution.items()
            if case in answers and not agree(answer, answers[case], check.depth)
        }
        if (
            telling
            and telling == failing
            and all(
                case in given and agree(answers[case], given[case], check.depth, floor) for case in telling
            )
        ):
            found.append(suspect)
    return found


def agreement(given: Answers, suspect: Answers) -> int:
    """Return on how many cases of all checks a suspect answers like the submission."""
    return sum(
        case in given.get(check, {}) and agree(answer, given[check][case])
        for check, by_case in suspect.items()
        for case, answer in by_case.items()
    )
