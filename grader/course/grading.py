"""Grades a class: finds what is missing, has it graded on all cores, and sums up.

What is finished lies on the disk, a folder a student. So a run can be stopped at any point, and the
next one grades what is missing.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from grader import untrusted_files
from grader.asking.answer_cache import versions
from grader.assignment.loader import Assignment, TaskSource
from grader.course.pool import AT_ONCE, WorkerPool
from grader.course.rows import LATE, graded, late_line, mark, with_late_line
from grader.course.students import Student
from grader.course.summary import Summary
from grader.course.worker import SIGNATURE, Job, JobResult, PoolSettings, write
from grader.errors import AssignmentError, ForeignReport, SubmissionError
from grader.results.course import Graded, Lateness, Row
from grader.results.report import Report, Verdict
from grader.sandbox.contract import Level
from grader.sandbox.launch import Zygotes
from grader.sandbox.machine import children
from grader.signing import Signer
from grader.submission.loader import read_submission

FILES = ("report.html", "report.json", SIGNATURE)
_LONGEST = 64 << 20
"""No report of ours is longer; what lies in its place may be."""

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
    signer: Signer
    """Reports that are there already are believed if it signed them."""
    out: Path
    cores: int
    zygotes: Zygotes | None = None
    """For the desks, where they are on their way already."""
    again: bool = False
    late: Callable[[Student], Lateness | None] = field(default=lambda student: None)
    """How late a student is."""
    heard: OnGraded = field(default=lambda done, of, row: None)
    step: Callable[[str], None] = field(default=lambda text: None)
    say: Callable[[str], None] = field(default=lambda text: None)
    """Called with what the instructor should know, a sentence."""

    def grade(self, students: Sequence[Student]) -> tuple[list[Row], Summary]:
        """Return a row a student, in the order of `students`; their reports are written.

        Raises `AssignmentError` where the assignment is at fault.
        """
        summing = Summary()
        rows: dict[int, Row] = {}
        missing = []
        foreign = 0
        for number, student in enumerate(students):
            self.step(f"looking at what is there: {number + 1} of {len(students)}")
            try:
                found = self._known(student)
            except (SubmissionError, OSError) as error:
                untrusted_files.remove(self.out / student.out, FILES)
                problem = str(error).replace(str(student.folder), "The folder")
                rows[number] = self._row(student).model_copy(update={"problem": problem, "out": ""})
                continue
            except ForeignReport:
                untrusted_files.remove(self.out / student.out, FILES)
                foreign += 1
                found = None
            if found is None:
                missing.append(number)
            else:
                rows[number] = self._with(student, summing, found)
        if foreign:
            self.say(
                f"{foreign} of the reports in {self.out} were not signed with your key on this machine, or "
                "were changed since; they are not believed, and graded again."
            )
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
        """Return what an earlier run found out about the same files, with the same late days.

        Raises `ForeignReport` if somebody else wrote what is there.
        """
        wanted = {task.name: task.wanted for task in self.tasks}
        submission = read_submission(student.folder, tuple(wanted), wanted)
        folder = self.out / student.out
        report = None if self.again else read_report(folder, self.signer)
        if report is None or not self._is_of(report, student, submission.digest):
            untrusted_files.remove(folder, FILES)
            return None
        dated = with_late_line(report, self.late(student))
        if dated != report:
            write(dated, folder, self.signer)
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
            signing_key=self.signer.key.hex(),
            at_once=AT_ONCE,
        )
        most = children(self.assignment.limits)
        with WorkerPool(setting, min(self.cores, len(missing), most), most, self.zygotes) as desks:
            self.step("asking the solutions and the known mistakes")
            for answer in desks.work(Job(number=n, task=task.name) for n, task in enumerate(self.tasks)):
                if answer.fault:
                    raise AssignmentError(answer.fault)
            self.step("grading")
            yield from desks.work(self._order(number, students[number]) for number in missing)

    def _order(self, number: int, student: Student) -> Job:
        return Job(
            number=number,
            folder=student.folder,
            name=student.name,
            out=self.out.resolve() / student.out,  # what is below it may be a link, and is not followed
            late=self.late(student),
        )


def read_report(folder: Path, signer: Signer) -> Report | None:
    """Return the report in `folder`, None if there is none that is whole.

    Raises `ForeignReport` if there is one that `signer` did not sign.
    """
    try:
        if not os.path.lexists(folder / "report.json"):
            return None
        page, data, signature = (untrusted_files.read(folder, name, _LONGEST) for name in FILES)
    except OSError:
        raise ForeignReport() from None
    if not signer.signed(page, data, signature):
        raise ForeignReport()
    try:
        return Report.model_validate_json(data)
    except ValidationError:
        return None  # of a version of ours that wrote other reports
