"""Grades a class: finds the missing reports, makes them on all cores, and sums up.

Each finished report is on the disk, in one folder per student. So a run can be stopped at any point,
and the next run grades only what is missing.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from grader import untrusted_files
from grader.asking.answer_cache import versions
from grader.assignment.loader import Assignment, TaskSource, wanted_names
from grader.assignment.questions import WrittenTask
from grader.assignment.translations import read_translations
from grader.course.marking import marked
from grader.course.pool import AT_ONCE, WorkerPool
from grader.course.roster import Person
from grader.course.rows import graded
from grader.course.students import Student
from grader.course.summary import Summary
from grader.course.worker import SIGNATURE, Grade, JobResult, PoolSettings, Prepare, write
from grader.errors import AssignmentError, ForeignReport, SubmissionError, UsageError
from grader.judging.deciding import undecided
from grader.report.language import SOURCE, speaking
from grader.results.course import Graded, Member, Row
from grader.results.decisions import Decision
from grader.results.message import Message, with_texts
from grader.results.report import Lateness, Report, Verdict, mark
from grader.sandbox.contract import Level
from grader.sandbox.launch import Zygotes
from grader.sandbox.machine import children
from grader.signing import Signer
from grader.submission.loader import Submission, read_submission

FILES = ("report.html", "report.json", SIGNATURE)
_LONGEST = 64 << 20
"""Bytes; no report of ours is longer, but a file in its place may be."""

OnGraded = Callable[[int, int, Row], None]
"""Called with how many are done, of how many, and the row of the last one."""


@dataclass
class ClassGrading:
    """A class with everything that its marks depend on."""

    assignment: Assignment
    tasks: tuple[TaskSource, ...]
    seed: int
    level: Level
    cache: Path
    """The folder of the answer cache."""
    signer: Signer
    """An existing report is used if it was signed by this signer."""
    out: Path
    cores: int
    written: tuple[WrittenTask, ...] = ()
    """The tasks in words."""
    zygotes: Zygotes | None = None
    """For the workers, if some were started already."""
    again: bool = False
    language: str = SOURCE
    """Of the pages that students get."""
    late: Callable[[Student], Lateness | None] = field(default=lambda student: None)
    """How late a student is."""
    on_graded: OnGraded = field(default=lambda done, of, row: None)
    step: Callable[[str], None] = field(default=lambda text: None)
    say: Callable[[str], None] = field(default=lambda text: None)
    """Called with a sentence that the instructor should know."""

    @property
    def names(self) -> list[str]:
        """The names of all tasks in the order of a report."""
        return [*(task.name for task in self.tasks), *(task.name for task in self.written)]

    def _write(self, report: Report, folder: Path) -> None:
        with speaking(self.language, read_translations(self.assignment.folder, self.language)):
            write(report, folder, self.signer)

    def grade(self, students: Sequence[Student]) -> tuple[list[Row], Summary]:
        """Return one row per student, in the order of `students`, and write their reports.

        Raises `AssignmentError` if the assignment is at fault.
        """
        summing = Summary()
        rows: dict[int, Row] = {}
        # Students without a usable report are read only when a worker is free for them.
        missing = self._missing(students, rows, summing)
        first = next(missing, None)
        if first is not None:
            left = len(students) - first.number
            for result in self._graded(itertools.chain([first], missing), left):
                student = students[result.number]
                if result.graded is not None:
                    row = self._with(student, summing, result.graded)
                else:
                    problem = Message.of("graders_fault", text=result.fault)
                    row = self._row(student).model_copy(
                        update={"problem": problem, "out": "", "final": False}
                    )
                rows[result.number] = row
                self.on_graded(len(rows), len(students), row)
        return [rows[number] for number in range(len(students))], summing

    def with_decisions(self, rows: Sequence[Row], decisions: Sequence[Decision]) -> tuple[list[Row], Summary]:
        """Return rows with the marks that follow from what people decided, and write their reports again."""

        def read(row: Row) -> Report | None:
            try:
                return read_report(self.out / row.out, self.signer) if row.out else None
            except ForeignReport:  # it was changed while the class was graded
                return None

        def changed(row: Row, report: Report) -> None:
            self._write(report, self.out / row.out)

        questions = [question.record for task in self.written for question in task.questions]
        return marked(rows, decisions, questions, read, changed)

    def _missing(
        self, students: Sequence[Student], rows: dict[int, Row], summing: Summary
    ) -> Iterator[Grade]:
        """Yield a job for each student without a usable report; put the rows of the others into `rows`."""
        foreign = 0
        for number, student in enumerate(students):
            wanted = wanted_names(self.tasks)
            try:
                if student.handed.problem:
                    raise SubmissionError(student.handed.problem)
                files = tuple(task.file for task in self.written)
                submission = read_submission(student.folder, tuple(wanted), wanted, written=files)
            except (SubmissionError, OSError) as error:
                untrusted_files.remove(self.out / student.out, FILES)
                reason = str(error).replace(str(student.folder), "The folder")
                ours = isinstance(error, OSError) or isinstance(error.__cause__, OSError)
                update = {"problem": Message.of("not_read", text=reason), "out": "", "final": not ours}
                rows[number] = self._row(student).model_copy(update=update)
                continue
            except Exception as error:  # one submission must not stop the grading of the others
                untrusted_files.remove(self.out / student.out, FILES)
                fault = Message.of("graders_fault", text=f"{type(error).__name__}: {error}")
                update = {"problem": fault, "out": "", "final": False}
                rows[number] = self._row(student).model_copy(update=update)
                continue
            try:
                found = self._known(student, submission.digest)
            except ForeignReport:
                foreign += 1
                found = None
            if found is not None:
                rows[number] = self._with(student, summing, found)
                continue
            untrusted_files.remove(self.out / student.out, FILES)
            yield self._job(number, student, submission)
        if foreign:
            self.say(
                f"{foreign} of the reports in {self.out} were not signed with your key on this machine, or "
                "were changed since; they were not used, and graded again."
            )

    def _row(self, student: Student) -> Row:
        first, *others = [member(person) for person in student.people] or [Member(id="", name="", email="")]
        handed = student.handed
        return Row(
            folder=student.name,
            out=student.out,
            **first.model_dump(),
            others=tuple(others),
            handed_in=handed.time.isoformat(" ", "minutes") if handed.time else "",
            marked_late=handed.marked_late,
            attempt=handed.attempt,
            points=self.assignment.points_of(tuple(self.names)),
        )

    def _with(self, student: Student, summing: Summary, found: Graded) -> Row:
        late = self.late(student)
        row = summing.row(self._row(student), found)
        return row.model_copy(update={"mark": mark(found.score, late), "lateness": late})

    def _known(self, student: Student, digest: str) -> Graded | None:
        """Return what an earlier run found out about the same files, None if they must be graded.

        Raises `ForeignReport` if there is a report that another user or program wrote.
        """
        folder = self.out / student.out
        stored = None if self.again else read_report(folder, self.signer)
        report = None if stored is None else undecided(stored)
        if report is None or not self._is_of(report, student, digest):
            return None
        dated = report.model_copy(update={"lateness": self.late(student)})
        if dated != stored:
            self._write(dated, folder)
        return graded(report)

    def _is_of(self, report: Report, student: Student, digest: str) -> bool:
        made_from = report.provenance
        return (
            report.submission == student.name
            and [task.task for task in report.tasks] == self.names
            and made_from.submission_digest == digest
            and made_from.assignment_digest == self.assignment.digest
            and (made_from.seed, made_from.sandbox) == (self.seed, self.level.value)
            and made_from.versions == versions(self.assignment.libraries)
            # A fault of ours may be corrected by now.
            and all(check.verdict is not Verdict.BROKEN for task in report.tasks for check in task.checks)
        )

    def _graded(self, jobs: Iterable[Grade], most_jobs: int) -> Iterator[JobResult]:
        settings = PoolSettings(
            assignment=self.assignment.folder.resolve(),
            tasks=tuple(self.names),
            seed=self.seed,
            level=self.level,
            cache=self.cache,
            signing_key=self.signer.key.hex(),
            language=self.language,
            at_once=AT_ONCE,
        )
        most = children(self.assignment.limits)
        with WorkerPool(settings, min(self.cores, most_jobs, most), most, self.zygotes) as pool:
            self.step("asking the solutions and the known mistakes")
            for result in pool.work(Prepare(number=n, task=t.name) for n, t in enumerate(self.tasks)):
                if result.fault:
                    raise AssignmentError(result.fault)
            self.step("grading")
            yield from pool.work(jobs)

    def _job(self, number: int, student: Student, submission: Submission) -> Grade:
        return Grade(
            number=number,
            name=student.name,
            files=submission.files,
            # A note may quote a stranger's bytes, which are no text.
            notes={p: with_texts(n, _encodable) for p, n in submission.notes.items()},
            bases=dict(submission.bases),
            notebooks=dict(submission.notebooks),
            written=dict(submission.written),
            out=self.out.resolve() / student.out,  # links below it are not followed
            lateness=self.late(student),
        )


def member(person: Person) -> Member:
    """Return what results hold of a person."""
    return Member(id=person.id, name=person.name, email=person.email, further=dict(person.further))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def read_report(folder: Path, signer: Signer) -> Report | None:
    """Return the report in `folder`, None if there is no complete one.

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
        return None  # written by another version of the grader


def report_of(row: Row, folder: Path, signer: Signer) -> Report | None:
    """Return the report of a student in the folder of a class, None if nothing could be read.

    Raises `UsageError` if it is missing or foreign.
    """
    if not row.out:
        return None
    path = folder / row.out
    if Path(row.out).name != row.out:
        raise UsageError(f"{folder / 'class.json'} names a report outside of {folder}.")
    try:
        found = read_report(path, signer)
    except ForeignReport:
        raise UsageError(
            f"{path} was not signed with your key on this machine, or was changed since; "
            "grade the class again."
        ) from None
    if found is None or found.submission != row.folder:
        raise UsageError(f"{path} holds no report of this version on {row.folder}; grade the class again.")
    return found
