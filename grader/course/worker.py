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
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.loader import read_assignment
from grader.course.rows import graded, with_late_line
from grader.errors import GraderError
from grader.judging.grading import Grader
from grader.report import json as report_json
from grader.report.html import submission_page
from grader.report.write import encoded, write_text
from grader.results.course import Graded, Lateness
from grader.results.report import Record, Report, Verdict
from grader.sandbox.contract import Level, Sandbox
from grader.sandbox.launch import Zygote
from grader.sandbox.restarting import RestartingSandbox
from grader.signing import Signer
from grader.submission.loader import read_submission

SIGNATURE = "report.signature"
"""The file beside a report of a class that says who wrote it; see `signing`."""
_GARBAGE = 20_000
"""New objects after which Python looks for garbage; there are many here that stay, to be looked at anew."""


def _path(value: str | Path) -> Path:
    return Path(os.fsdecode(value.encode("latin-1"))) if isinstance(value, str) else value


Place = Annotated[
    Path,
    PlainSerializer(lambda path: os.fsencode(path).decode("latin-1")),
    PlainValidator(_path),
]
"""A path, written with a letter for each byte: the name of a folder need not be text, as JSON is."""


class PoolSettings(Record):
    """What all desks of a run have in common."""

    assignment: Place
    tasks: tuple[str, ...]
    seed: int
    level: Level
    key: Place
    signing_key: str
    """What reports are signed with, in hexadecimal."""
    at_once: int


class Job(Record):
    """One thing to do: get a task's answer key ready, or grade a submission."""

    number: int
    task: str = ""
    folder: Place = Path()
    name: str = ""
    out: Place = Path()
    late: Lateness | None = None


class JobResult(Record):
    """What came of an order."""

    number: int
    graded: Graded | None = None
    fault: str = ""
    """What went wrong that is not the submission's doing."""


def main(lent: Sequence[Any]) -> None:
    """Work until the orders end; `lent` is what makes a zygote, where there is one for this desk."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever gives the orders
    gc.set_threshold(_GARBAGE)
    setting = PoolSettings.model_validate_json(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a stray print does not get between the answers
    zygotes = [Zygote.of(*lent)] if lent else []
    sandbox = RestartingSandbox(lambda: _sandbox(setting.level, zygotes))
    assignment = read_assignment(setting.assignment)
    grader = Grader(
        assignment=assignment,
        tasks=assignment.only(setting.tasks),
        seed=setting.seed,
        sandbox=sandbox,
        key=MemoryCache(AnswerCache(setting.key)),
        workers=1,
    )
    signer = Signer(bytes.fromhex(setting.signing_key))
    orders: queue.SimpleQueue[Job] = queue.SimpleQueue()
    lock = threading.Lock()

    def work() -> None:
        while True:
            answer = _done(grader, signer, orders.get())
            with lock:
                answers.write(answer.model_dump_json().encode() + b"\n")

    for _ in range(setting.at_once):
        threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin.buffer:
        orders.put(Job.model_validate_json(line))
    sandbox.close()
    os._exit(0)  # what is still being graded is nobody's any more


def _sandbox(level: Level, zygotes: list[Zygote]) -> Sandbox:
    if level is Level.NONE:
        from grader.sandbox.process import ProcessSandbox

        return ProcessSandbox()
    from grader.sandbox.linux import LinuxSandbox

    return LinuxSandbox(level, zygotes.pop() if zygotes else None)


def _done(grader: Grader, signer: Signer, order: Job) -> JobResult:
    try:
        if order.task:
            return _prepared(grader, order)
        return JobResult(number=order.number, graded=_graded(grader, signer, order))
    except GraderError as error:
        return JobResult(number=order.number, fault=str(error))
    except Exception as error:  # a class goes on, whatever one submission brought about
        return JobResult(number=order.number, fault=f"{type(error).__name__}: {error}")


def _prepared(grader: Grader, order: Job) -> JobResult:
    """Have the solution and all mistakes of a task asked, so that their answers are in the key."""
    (task,) = grader.assignment.only((order.task,))
    description, solution = grader.trusted.solve(task)
    if description is None or solution.broken:
        return JobResult(number=order.number)  # each report says so
    for mistake in task.mistakes:
        grader.trusted.prepare(task, mistake, description.checks)
    return JobResult(number=order.number)


def _graded(grader: Grader, signer: Signer, order: Job) -> Graded:
    wanted = {task.name: task.wanted for task in grader.tasks}
    submission = read_submission(order.folder, tuple(wanted), wanted)
    submission = dataclasses.replace(submission, name=order.name)
    report = grader.grade(submission)
    if any(check.verdict is Verdict.BROKEN for task in report.tasks for check in task.checks):
        report = grader.grade(submission)  # the box may have been lost; there is a new one now
    write(with_late_line(report, order.late), order.out, signer)
    return graded(report)


def write(report: Report, folder: Path, signer: Signer) -> None:
    """Write the files of a report; report.json comes last, and says that all are there."""
    page, data = submission_page.render(report), report_json.render(report)
    write_text(folder, "report.html", page)
    write_text(folder, SIGNATURE, signer.sign(encoded(page), encoded(data)))
    write_text(folder, "report.json", data)
