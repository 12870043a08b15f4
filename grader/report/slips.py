"""Says which slip explains the failures of a task, and what follows from it for the points."""

from grader.results.explanation import Explanation, Repair
from grader.results.message import Message
from grader.results.report import CheckResult, TaskResult, Verdict, is_picture

_MOST_TITLES = 3
"""Checks that one sentence lists."""


def slips(explanation: Explanation) -> tuple[Message, ...]:
    """Return what each slip is called: the titles of known mistakes, then the repair."""
    titles = [Message.of("authors_words", text=title.rstrip(".")) for title in explanation.titles]
    return (*titles, *([] if explanation.repair is None else [_repair(explanation.repair)]))


def _repair(repair: Repair) -> Message:
    if repair.told:
        return Message.of("repair_at", file=repair.file, line=repair.line)
    return Message.of("repair_somewhere")


def follow_through(task: TaskResult) -> Message | None:
    """Return what the slip of a task costs and what it gives back, None if the checks are just added up."""
    explanation = task.explanation
    if explanation is None:
        return None
    return Message.of(
        "follow_through",
        slips=slips(explanation),
        price=explanation.price,
        points=task.points or sum(check.points for check in task.checks),
        mark=task.score,
        plain=task.plain_score,
    )


def not_explained(task: TaskResult, check: CheckResult) -> Message | None:
    """Return which failed checks the mistake that `check` shows does not explain; None if there are none."""
    if not check.mistake:
        return None
    names = set(check.mistake.split(" + "))
    explained = {
        name for one in task.explanations if names <= set(one.mistakes) for name in one.right_given
    } | {other.check for other in task.checks if names <= set(other.mistake.split(" + "))}
    others = [
        other.title.rstrip(".")
        for other in task.checks
        if other.verdict is Verdict.FAILED and other.check not in explained and not is_picture(other)
    ]
    if not others:
        return None
    return Message.of(
        "does_not_explain", titles=tuple(others[:_MOST_TITLES]), more=len(others[_MOST_TITLES:])
    )
