"""`grade --watch`: one's own work is graded again whenever a file is saved."""

import contextlib
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.console import echo, on_one_line
from grader.errors import SubmissionError

if TYPE_CHECKING:
    from grader.assignment.loader import TaskSource
    from grader.judging.grading import Grader
    from grader.results.message import Message
    from grader.results.report import Report
    from grader.submission.loader import Submission

_LOOK_SECONDS = 0.1
_REST = 10
"""Between two looks at a large folder it waits this many times as long as a look takes."""
_SETTLED_SECONDS = 0.05
"""How long a folder has to stay as it is before it is read: a program may save in several steps."""

State = dict[str, tuple[int, int]]
"""When each file was changed, and its size."""


@dataclass
class Watch:
    """Grades the tasks that a saved file belongs to, and says what changed."""

    grader: "Grader"
    folder: Path
    out: Path
    verbose: bool
    state: State
    """The state of the folder before `submission` was read."""
    submission: "Submission"
    report: "Report"
    at_once: "Grader" = field(init=False)
    """The same without a search for repairs: what it finds is said first."""

    def __post_init__(self) -> None:
        """Prepare to grade without a search."""
        self.at_once = replace(self.grader, assignment=replace(self.grader.assignment, candidates=0))

    def run(self) -> None:
        """Grade again whenever a file is saved, until Ctrl-C."""
        from grader.report.since import last_report, since

        self._show(since(last_report(self.out), self.report))
        echo(f"Watching {on_one_line(self.folder)}. Ctrl-C ends it.\n")
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                self.state = changed_since(self.state, self.folder)
                self.read_and_grade()

    def read_and_grade(self) -> None:
        """Read the folder again, and grade what a change concerns."""
        from grader.assignment.loader import wanted_names
        from grader.submission.imports import needed
        from grader.submission.loader import read_submission

        wanted = wanted_names(self.grader.tasks)
        written = tuple(task.file for task in self.grader.written)
        try:
            now = read_submission(self.folder, tuple(wanted), wanted, written=written)
        except SubmissionError as error:
            click.echo(f"grade: {on_one_line(error)}", err=True)
            return
        before, self.submission = self.submission, now
        concerned = tuple(
            task
            for task in self.grader.tasks
            if any(needed(now, module) != needed(before, module) for module in task.modules)
        )
        # Answers in words may be cells of a notebook, which no program needs: then all tasks are graded.
        if concerned or now.written != before.written:
            self._grade(concerned or self.grader.tasks)

    def _grade(self, tasks: "tuple[TaskSource, ...]") -> None:
        from grader.report.messages import text
        from grader.report.since import since
        from grader.results.message import Message
        from grader.results.report import Verdict, merged

        begun = time.monotonic()
        first = self.at_once.grade(self.submission, tasks)
        programs = [task for task in first.tasks if task.task in {one.name for one in tasks}]
        for task in programs:
            checks = [check for check in task.checks if check.points]
            right = sum(check.verdict is Verdict.PASSED for check in checks)
            seconds = time.monotonic() - begun
            told = Message.of(
                "checks_passed", task=task.task, right=right, count=len(checks), seconds=seconds
            )
            echo(f"{time.strftime('%H:%M:%S')}  {on_one_line(text(told))}\n")
        lost = any(task.score < task.points for task in programs)
        part = self.grader.grade(self.submission, tasks) if lost else first
        whole = merged(self.report, part)
        changes = since(self.report, whole)
        self.report = whole
        self._show(changes)

    def _show(self, changes: "Message | None") -> None:
        from grader.report.terminal import submission_summary
        from grader.report.write import write_reports

        page = write_reports(self.report, self.out, changes)
        echo(f"{submission_summary.render(self.report, changes, verbose=self.verbose)}{page.resolve()}\n")


def changed_since(state: State, folder: Path) -> State:
    """Wait until a file in `folder` is not as `state` says; return its state when it has settled."""
    while True:
        begun = time.monotonic()
        now = look(folder)
        took = time.monotonic() - begun
        if now != state:
            while True:
                time.sleep(_SETTLED_SECONDS)
                later = look(folder)
                if later == now:
                    return now
                now = later
        time.sleep(max(_LOOK_SECONDS, _REST * took))


def look(folder: Path) -> State:
    """Return the state of the files in `folder` that are read."""
    from grader.submission.loader import files_in

    found: State = {}
    with contextlib.suppress(OSError, SubmissionError):  # reading it will say so
        for path, entry in files_in(folder):
            with contextlib.suppress(OSError):  # it has gone in between
                status = entry.stat(follow_symlinks=False)
                found[path] = status.st_mtime_ns, status.st_size
    return found
