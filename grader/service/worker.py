"""The worker of the service: takes jobs from the queue, grades, and stores the results."""

import contextlib
import errno
import logging
import os
import secrets
import socket
import tempfile
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.loader import read_assignment, wanted_names
from grader.course.rows import graded
from grader.judging.grading import Grader
from grader.judging.suggesting import suggest
from grader.report import json as report_json
from grader.results.decisions import by_target
from grader.results.report import Report, Verdict
from grader.results.rubric import Question
from grader.sandbox.contract import Sandbox
from grader.service.archives import unpack_assignment, unpack_submission
from grader.service.files import FileSource
from grader.service.queue import LEASE_SECONDS, Claimed, Outcome, Queue
from grader.submission.loader import read_submission

_LOG = logging.getLogger("grader.service")
_POLL_SECONDS = 0.2
_RENEWALS = 4
"""Renewals within the time of a lease: so many may be late."""
_PATIENCE_SECONDS = 0.5
"""Between two tries to reach a database that is away."""
_FOR_GOOD = (errno.ENOENT, errno.EIO)
"""A file is missing or damaged: waiting does not help."""
_MOST_GRADERS = 4
"""Revisions that a worker keeps ready."""


@dataclass(frozen=True)
class Place:
    """Where a worker keeps what it can make again."""

    assignments: Path
    answers: Path


def name_of_worker() -> str:
    """Return a name that no other worker has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"


class Worker:
    """Grades one job after the other until it is told to stop."""

    def __init__(self, queue: Queue, files: FileSource, sandbox: Sandbox, place: Place) -> None:
        """Grade in `sandbox` what comes from `queue` and `files`."""
        self._queue = queue
        self._files = files
        self._sandbox = sandbox
        self._place = place
        self._graders: OrderedDict[str, Grader] = OrderedDict()
        self._progress = ""
        self._job: Claimed | None = None
        self.name = name_of_worker()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a job that was begun is finished."""
        while not stop.is_set():
            try:
                self._queue.reconcile()
                job = self._queue.claim(self.name)
            except OperationalError as error:
                _LOG.warning("the database is away", extra={"error": type(error).__name__})
                stop.wait(_PATIENCE_SECONDS)
                continue
            if job is None:
                stop.wait(_POLL_SECONDS)
                continue
            self.do(job)

    def do(self, job: Claimed) -> bool:
        """Grade a job and store its result; return False if another worker has it by now."""
        self._progress, self._job = "", job
        with self._renewing(job) as lost:
            try:
                outcome = self._outcome(job)
            except Exception as error:
                self._failed(job, error)
                lost.wait(_PATIENCE_SECONDS)
                return False
            while not lost.is_set():
                try:
                    stored = self._queue.finish(job, outcome)
                except OperationalError:
                    lost.wait(_PATIENCE_SECONDS)
                    continue
                if stored:
                    _LOG.info("graded", extra={"job": job.id})
                    return True
                break
        _LOG.warning("given to another worker", extra={"job": job.id})
        return False

    def _failed(self, job: Claimed, error: Exception) -> None:
        """Put a job back if its files cannot be had now; count anything else as a death of the worker."""
        kind = type(error).__name__
        if isinstance(error, OSError) and error.errno not in _FOR_GOOD:
            _LOG.warning("a job was handed back", extra={"job": job.id, "error": kind})
            self.hand_back()
            return
        _LOG.error("a job failed", extra={"job": job.id, "error": kind}, exc_info=True)
        with contextlib.suppress(OperationalError):  # then the lease runs out
            self._queue.give_up(job)

    def hand_back(self) -> None:
        """Put the job that this worker has back, if it has one."""
        if self._job is not None:
            with contextlib.suppress(OperationalError):  # then the lease runs out
                self._queue.hand_back(self._job)

    def _outcome(self, job: Claimed) -> Outcome:
        grader = self._grader(job)
        with tempfile.TemporaryDirectory(prefix="grade-") as temporary:
            folder = Path(temporary) / job.name
            unpack_submission(self._files.read(job.upload, job.id, job.lease), folder)
            wanted = wanted_names(grader.tasks)
            written = tuple(task.file for task in grader.written)
            submission = read_submission(folder, tuple(wanted), wanted, written=written)
        report = grader.grade(submission)
        if _is_broken(report):
            report = grader.grade(submission)  # the sandbox may have been lost; there is a new one now
        questions = [question.record for task in grader.written for question in task.questions]
        return outcome_of(report, questions)

    def _grader(self, job: Claimed) -> Grader:
        found = self._graders.get(job.archive)
        if found is None:
            folder = self._place.assignments / job.archive
            if not folder.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
                unpack_assignment(self._files.read(job.archive, job.id, job.lease), folder)
            assignment = read_assignment(folder)
            found = Grader(
                assignment=assignment,
                tasks=assignment.only(()),
                seed=assignment.seed,
                sandbox=self._sandbox,
                cache=MemoryCache(AnswerCache(self._place.answers)),
                written=assignment.only_written(()),
                workers=1,
                progress=self._show,
            )
            self._graders[job.archive] = found
            if len(self._graders) > _MOST_GRADERS:
                self._graders.popitem(last=False)
        self._graders.move_to_end(job.archive)
        return found

    def _show(self, task: str, step: str) -> None:
        self._progress = f"{task}: {step}"

    @contextlib.contextmanager
    def _renewing(self, job: Claimed) -> Iterator[threading.Event]:
        """Renew a job's lease; the event that is yielded is set once another worker has it."""
        lost, done = threading.Event(), threading.Event()

        def renew() -> None:
            while not done.wait(LEASE_SECONDS / _RENEWALS):
                with contextlib.suppress(OperationalError):
                    if not self._queue.renew(job, self._progress):
                        lost.set()
                        return

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            done.set()
            thread.join()


def outcome_of(report: Report, questions: Iterable[Question] = ()) -> Outcome:
    """Return what is stored of a report on an assignment with these questions in words."""
    by_key = by_target(questions)
    answers = [
        (by_key.get((task.task, check.check)), check.answer)
        for task in report.tasks
        for check in task.checks
        if check.verdict is Verdict.PENDING
    ]
    return Outcome(
        flagged=sum(
            bool(suggest(question, answer.text).flags)
            for question, answer in answers
            if question is not None and answer is not None
        ),
        score=report.score,
        points=report.points,
        final=report.final,
        broken=_is_broken(report),
        graded=zlib.compress(graded(report).model_dump_json(exclude_defaults=True).encode()),
        report=zlib.compress(report_json.render(report).encode("utf-8", "replace")),
    )


def _is_broken(report: Report) -> bool:
    return any(check.verdict is Verdict.BROKEN for task in report.tasks for check in task.checks)
