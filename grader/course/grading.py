"""Grades a class: finds what is missing, has it graded on all cores, and sums up.

What is finished lies on the disk, a folder a student. So a run can be stopped at any point, and the
next one grades what is missing.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from grader.asking.answer_cache import versions
from grader.assignment.loader import Assignment, TaskSource
from grader.course.pool import AT_ONCE, WorkerPool
from grader.course.rows import LATE, graded, late_line, mark, with_late_line
from grader.course.students import Student
from grader.course.summary import Summary
from grader.course.worker import Job, JobResult, PoolSettings, write
from grader.errors import AssignmentError, SubmissionError
from grader.results.course import Graded, Lateness, Row
from grader.results.report import Report, Verdict
from grader.sandbox.contract import Level
from grader.sandbox.launch import Zygotes
from grader.submission.loader import read_submission

FILES = ("report.html", "report.json")

OnGraded = Callable[[int, int, Row], None]
"""Called with how many are done, of how many, and the row of the last one."""


@dataclass
class ClassGrading:
    """A class with all that its marks depend on."""

    assignment: Assignment
    tasks: tuple[TaskSource, ...]
    seed: int
    level: Level
    key: Path
    out: Path
    cores: int
    zygotes: Zygotes | None = None
    """For the desks, where they are on their way already."""
    again: bool = False
    late: Callable[[Student], Lateness | None] = field(default=lambda student: None)
    """How late a student is."""
    heard: OnGraded = field(default=lambda done, of, row: None)
    step: Callable[[str], None] = field(default=lambda text: None)

    def grade(self, students: Sequence[Student]) -> tuple[list[Row], Summary]:
        """Return a row a student, in the order of `students`; their reports are written.

        Raises `AssignmentError` where the assignment is at fault.
        """
        summing = Summary()
        rows: dict[int, Row] = {}
        missing = []
        for number, student in enumerate(students):
            self.step(f"looking at what is there: {number + 1} of {len(students)}")
            try:
                found = self._known(student)
            except (SubmissionError, OSError) as error:
                _remove(self.out / student.out)
                problem = str(error).replace(str(student.folder), "The folder")
                rows[number] = self._row(student).model_copy(update={"problem": problem, "out": ""})
                continue
            if found is None:
                missing.append(number)
            else:
                rows[number] = self._with(student, summing, found)
        for answer in self._graded(students, missing):
            student = students[answer.number]
            if answer.graded is not None:
                row = self._with(student, summing, answer.graded)
            else:
                said = f"Our fault, grade it again: {answer.fault}"
                row = self._row(student).model_copy(update={"problem": said, "out": "", "final": False})
            rows[answer.number] = row
            self.heard(len(rows), len(students), row)
        return [rows[number] for number in range(len(students))], summing

    def _row(self, student: Student) -> Row:
        person = student.person
        return Row(
            folder=student.name,
            out=student.out,
            id=person.id if person else "",
            name=person.name if person else "",
            email=person.email if person else "",
            points=sum(task.points for task in self.tasks),
        )

    def _with(self, student: Student, summing: Summary, found: Graded) -> Row:
        late = self.late(student)
        row = summing.row(self._row(student), found)
        line = late_line(found.score, found.points, late).removeprefix(LATE)
        return row.model_copy(update={"mark": mark(found.score, late), "late": line})

    def _known(self, student: Student) -> Graded | None:
        """Return what an earlier run found out about the same files, with the same late days."""
        wanted = {task.name: task.wanted for task in self.tasks}
        submission = read_submission(student.folder, tuple(wanted), wanted)
        folder = self.out / student.out
        report = None if self.again else read_report(folder)
        if report is None or not self._is_of(report, student, submission.digest):
            _remove(folder)
            return None
        dated = with_late_line(report, self.late(student))
        if dated != report:
            write(dated, folder)
        return graded(report)

    def _is_of(self, report: Report, student: Student, digest: str) -> bool:
        made_from = report.provenance
        return (
            report.submission == student.name
            and [task.task for task in report.tasks] == [task.name for task in self.tasks]
            and made_from.submission_digest == digest
            and made_from.assignment_digest == self.assignment.digest
            and (made_from.seed, made_from.sandbox) == (self.seed, self.level.value)
            and made_from.versions == versions()
            # What was our fault may be repaired by now.
            and all(check.verdict is not Verdict.BROKEN for task in report.tasks for check in task.checks)
        )

    def _graded(self, students: Sequence[Student], missing: Sequence[int]) -> Iterator[JobResult]:
        if not missing:
            return
        setting = PoolSettings(
            assignment=self.assignment.folder.resolve(),
            tasks=tuple(task.name for task in self.tasks),
            seed=self.seed,
            level=self.level,
            key=self.key,
            at_once=AT_ONCE,
        )
        with WorkerPool(setting, min(self.cores, len(missing)), self.zygotes) as desks:
            self.step("asking the solutions and the known mistakes")
            for answer in desks.work(Job(number=n, task=task.name) for n, task in enumerate(self.tasks)):
                if answer.fault:
                    raise AssignmentError(answer.fault)
            self.step("grading")
            yield from desks.work(self._order(number, students[number]) for number in missing)

    def _order(self, number: int, student: Student) -> Job:
        out = (self.out / student.out).resolve()
        return Job(number=number, folder=student.folder, name=student.name, out=out, late=self.late(student))


def read_report(folder: Path) -> Report | None:
    """Return the report in `folder`, None where there is none that is whole."""
    try:
        if not (folder / "report.html").is_file():
            return None
        return Report.model_validate_json((folder / "report.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _remove(folder: Path) -> None:
    """Take away a report that is no longer true, and what a killed run left of one."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name in FILES or path.name.startswith(tuple(f".{name}." for name in FILES)):
                path.unlink()
        folder.rmdir()
