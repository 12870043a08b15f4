"""Pace: the processor time that right answers take, beside that of the solution."""

import math
from dataclasses import replace

from grader.asking import conversation
from grader.asking.questions import CheckInfo, Description, Question, of_task
from grader.assignment.loader import TaskSource
from grader.errors import SandboxError
from grader.results.message import Message
from grader.sandbox.contract import Sandbox

_TRIES = 2
"""A program is too slow only if it is each time."""
_LEAST_SECONDS = 0.005
"""What the solution is taken to need at least: less cannot be measured."""


def too_slow(
    sandbox: Sandbox, task: TaskSource, check: CheckInfo, question: Question, going_on: bool
) -> Message | None:
    """Return that a submission takes more than the check's budget; None if it does not.

    The submission and the solution answer the check in sibling processes, one right after the other.
    """
    assert check.budget is not None
    # The import and the answers may take their time each, as when they are judged.
    seconds = task.limits.wall_seconds + (check.wall_seconds or task.limits.wall_seconds)
    limits = replace(task.limits, task_seconds=min(task.limits.task_seconds, seconds))
    alone = Description(forbid=(), checks=(check,))
    asked = replace(question, ask=((check.name, tuple(range(check.cases))),))
    beside = replace(of_task(task, task.solution, question.seed, asked.ask), beside=question.beside)
    least = math.inf
    for _ in range(_TRIES):
        try:
            own = conversation.processor_seconds(sandbox, limits, asked, alone, going_on)
            solutions = conversation.processor_seconds(sandbox, limits, beside, alone, False)
        except SandboxError:
            return None  # our fault
        if solutions is None:
            return None  # nothing to compare with, which is not the student's fault
        if own is not None:
            least = min(least, own / max(solutions, _LEAST_SECONDS))
        if least <= check.budget:
            return None
    if least == math.inf:
        return Message.of("sentence", text=Message.of("no_answer_given"))
    return Message.of("too_slow", times=round(least), most=check.budget)
