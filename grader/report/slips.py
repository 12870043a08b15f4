"""Says which slip explains the failures of a task, and what follows from it for the points."""

from grader.results.explanation import Explanation, Repair
from grader.results.message import Message
from grader.results.report import TaskResult


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
        points=task.points,
        mark=task.score,
        plain=task.plain_score,
    )
