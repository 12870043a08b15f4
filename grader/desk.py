"""Where submissions of a class are graded: a process a core, with a sandbox of its own.

It reads orders from its standard input and answers on its standard output, a line of JSON each, and
ends when its input ends, however that came about.
"""

import dataclasses
import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.assignment import read_assignment
from grader.class_results import Graded, Lateness
from grader.errors import GraderError
from grader.grading import Grader
from grader.key import Key
from grader.lasting import LastingSandbox
from grader.marks import graded, with_late_line
from grader.remembered import RememberedKey
from grader.report import html
from grader.report import json as report_json
from grader.report.write import write_text
from grader.results import Record, Report, Verdict
from grader.sandbox.contract import Level, Sandbox
from grader.sandbox.warm import Zygote
from grader.submission import read_submission

_GARBAGE = 20_000
"""New objects after which Python looks for garbage; there are many here that stay, to be looked at anew."""


class Setting(Record):
    """What all desks of a run have in common."""

    assignment: Path
    tasks: tuple[str, ...]
    seed: int
    level: Level
    key: Path
    at_once: int


class Order(Record):
    """One thing to do: get a task's answer key ready, or grade a submission."""

    number: int
    task: str = ""
    folder: Path = Path()
    name: str = ""
    out: Path = Path()
    late: Lateness | None = None


class Answer(Record):
    """What came of an order."""

    number: int
    graded: Graded | None = None
    fault: str = ""
    """What went wrong that is not the submission's doing."""


def main(lent: Sequence[Any]) -> None:
    """Work until the orders end; `lent` is what makes a zygote, where there is one for this desk."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever gives the orders
    gc.set_threshold(_GARBAGE)
    setting = Setting.model_validate_json(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a stray print does not get between the answers
    zygotes = [Zygote.of(*lent)] if lent else []
    sandbox = LastingSandbox(lambda: _sandbox(setting.level, zygotes))
    assignment = read_assignment(setting.assignment)
    grader = Grader(
        assignment=assignment,
        tasks=assignment.only(setting.tasks),
        seed=setting.seed,
        sandbox=sandbox,
        key=RememberedKey(Key(setting.key)),
        workers=1,
    )
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    lock = threading.Lock()

    def work() -> None:
        while True:
            answer = _done(grader, orders.get())
            with lock:
                answers.write(answer.model_dump_json().encode() + b"\n")

    for _ in range(setting.at_once):
        threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin.buffer:
        orders.put(Order.model_validate_json(line))
    sandbox.close()
    os._exit(0)  # what is still being graded is nobody's any more


def _sandbox(level: Level, zygotes: list[Zygote]) -> Sandbox:
    if level is Level.NONE:
        from grader.sandbox.process import ProcessSandbox

        return ProcessSandbox()
    from grader.sandbox.linux import LinuxSandbox

    return LinuxSandbox(level, zygotes.pop() if zygotes else None)


def _done(grader: Grader, order: Order) -> Answer:
    try:
        if order.task:
            return _prepared(grader, order)
        return Answer(number=order.number, graded=_graded(grader, order))
    except GraderError as error:
        return Answer(number=order.number, fault=str(error))
    except Exception as error:  # a class goes on, whatever one submission brought about
        return Answer(number=order.number, fault=f"{type(error).__name__}: {error}")


def _prepared(grader: Grader, order: Order) -> Answer:
    """Have the solution and all mistakes of a task asked, so that their answers are in the key."""
    (task,) = grader.assignment.only((order.task,))
    description, solution = grader.trusted.solve(task)
    if description is None or solution.broken:
        return Answer(number=order.number)  # each report says so
    for mistake in task.mistakes:
        grader.trusted.prepare(task, mistake.source, description.checks)
    return Answer(number=order.number)


def _graded(grader: Grader, order: Order) -> Graded:
    wanted = {task.name: task.wanted for task in grader.tasks}
    submission = read_submission(order.folder, tuple(wanted), wanted)
    submission = dataclasses.replace(submission, name=order.name)
    report = grader.grade(submission)
    if any(check.verdict is Verdict.BROKEN for task in report.tasks for check in task.checks):
        report = grader.grade(submission)  # the box may have been lost; there is a new one now
    write(with_late_line(report, order.late), order.out)
    return graded(report)


def write(report: Report, folder: Path) -> None:
    """Write the files of a report; report.json comes last, and says that all are there."""
    write_text(folder, "report.html", html.render(report))
    write_text(folder, "report.json", report_json.render(report))
