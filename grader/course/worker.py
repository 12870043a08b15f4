"""Worker process of the pool that grades a class: one per core, each with its own sandbox.

It reads jobs from its standard input and writes results to its standard output, one line of JSON each.
It ends when its input ends, so it does not outlive the process that started it.
"""

import base64
import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator, TypeAdapter

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.libraries import libraries_of
from grader.assignment.loader import read_assignment
from grader.assignment.translations import read_translations
from grader.course.rows import graded
from grader.errors import GraderError
from grader.judging.grading import Grader
from grader.report import json as report_json
from grader.report.html import submission_page
from grader.report.language import SOURCE, speaking
from grader.report.write import encoded, write_text
from grader.results.course import Graded
from grader.results.message import Message, Record
from grader.results.report import Lateness, Report, Verdict
from grader.sandbox.contract import Level, Sandbox
from grader.sandbox.launch import Zygote
from grader.sandbox.restarting import RestartingSandbox
from grader.signing import Signer
from grader.submission.loader import Submission
from grader.submission.written import Written

SIGNATURE = "report.signature"
"""The file beside a report of a class that says who wrote it; see `signing`."""
_OBJECTS_PER_COLLECTION = 20_000
"""New objects before a garbage collection, which is slow here: the cached answers are many objects."""


def _path(value: str | Path) -> Path:
    return Path(os.fsdecode(value.encode("latin-1"))) if isinstance(value, str) else value


Place = Annotated[
    Path,
    PlainSerializer(lambda path: os.fsencode(path).decode("latin-1")),
    PlainValidator(_path),
]
"""A path, written with one letter per byte, because the name of a folder need not be valid text."""


def _bytes(value: str | bytes) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else value


Contents = Annotated[
    bytes, PlainSerializer(lambda data: base64.b64encode(data).decode()), PlainValidator(_bytes)
]
"""The contents of a file, written in base64."""


class PoolSettings(Record):
    """What all workers of a pool have in common."""

    assignment: Place
    tasks: tuple[str, ...]
    seed: int
    level: Level
    cache: Place
    """The folder of the answer cache."""
    signing_key: str
    """What reports are signed with, in hexadecimal."""
    language: str = SOURCE
    """Of the pages."""
    at_once: int
    """Submissions that one worker grades at the same time."""


class Prepare(Record):
    """A job: put the reference answers of a task into the answer cache."""

    kind: Literal["prepare"] = "prepare"
    number: int
    task: str


class Grade(Record):
    """A job: grade a submission and write its report."""

    kind: Literal["grade"] = "grade"
    number: int
    name: str
    """What the report calls the submission."""
    files: dict[str, Contents]
    notes: dict[str, Message] = {}
    bases: dict[str, str] = {}
    notebooks: dict[str, str] = {}
    written: dict[str, Written] = {}
    out: Place
    lateness: Lateness | None = None

    def submission(self) -> Submission:
        """Return the submission as it was read."""
        return Submission(self.name, self.files, self.notes, self.bases, self.notebooks, self.written)


Job = Prepare | Grade
JOB: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="kind")])
"""Reads a job of either kind."""


class JobResult(Record):
    """The result of a job."""

    number: int
    graded: Graded | None = None
    fault: str = ""
    """What went wrong that is not the submission's fault."""


def main(lent: Sequence[Any]) -> None:
    """Work until the jobs end; `lent` describes the zygote for this worker, if there is one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the process that gives the jobs
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    setting = PoolSettings.model_validate_json(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # so that a stray print cannot get among the results
    zygotes = [Zygote.of(*lent)] if lent else []
    libraries = libraries_of(setting.assignment)
    sandbox = RestartingSandbox(lambda: _sandbox(setting.level, zygotes, libraries))
    assignment = read_assignment(setting.assignment)
    grader = Grader(
        assignment=assignment,
        tasks=assignment.only(setting.tasks),
        written=assignment.only_written(setting.tasks),
        seed=setting.seed,
        sandbox=sandbox,
        cache=MemoryCache(AnswerCache(setting.cache)),
        workers=1,
    )
    signer = Signer(bytes.fromhex(setting.signing_key))
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    lock = threading.Lock()

    def work() -> None:
        while True:
            answer = _done(grader, signer, setting.language, jobs.get())
            with lock:
                answers.write(answer.model_dump_json().encode() + b"\n")

    for _ in range(setting.at_once):
        threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin.buffer:
        jobs.put(JOB.validate_json(line))
    sandbox.close()
    os._exit(0)  # threads may still grade, but no process waits for their results


def _sandbox(level: Level, zygotes: list[Zygote], libraries: tuple[str, ...]) -> Sandbox:
    if level is Level.NONE:
        from grader.sandbox.process import ProcessSandbox

        return ProcessSandbox()
    from grader.sandbox.linux import LinuxSandbox

    return LinuxSandbox(level, zygotes.pop() if zygotes else None, libraries)


def _done(grader: Grader, signer: Signer, language: str, job: Job) -> JobResult:
    try:
        if isinstance(job, Prepare):
            return _prepared(grader, job)
        return _graded(grader, signer, language, job)
    except GraderError as error:
        return JobResult(number=job.number, fault=str(error))
    except Exception as error:  # one submission must not stop the grading of the others
        return JobResult(number=job.number, fault=f"{type(error).__name__}: {error}")


def _prepared(grader: Grader, job: Prepare) -> JobResult:
    (task,) = grader.assignment.only((job.task,))
    description, solution = grader.trusted.solve(task)
    if description is None or solution.broken is not None:
        return JobResult(number=job.number)  # each report will say so
    for mistake in task.mistakes:
        grader.trusted.prepare(task, mistake, description.checks)
    return JobResult(number=job.number)


def _graded(grader: Grader, signer: Signer, language: str, job: Grade) -> JobResult:
    submission = job.submission()
    report = grader.grade(submission)
    if any(check.verdict is Verdict.BROKEN for task in report.tasks for check in task.checks):
        report = grader.grade(submission)  # the sandbox may have been lost; there is a new one now
    with speaking(language, read_translations(grader.assignment.folder, language)):
        write(report.model_copy(update={"lateness": job.lateness}), job.out, signer)
    return JobResult(number=job.number, graded=graded(report))


def write(report: Report, folder: Path, signer: Signer) -> None:
    """Write the files of a report. The last one is report.json, so if it exists, all do."""
    page, data = submission_page.render(report), report_json.render(report)
    write_text(folder, "report.html", page)
    write_text(folder, SIGNATURE, signer.sign(encoded(page), encoded(data)))
    write_text(folder, "report.json", data)
