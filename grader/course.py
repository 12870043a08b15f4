"""Grades a class: finds what is missing, has it graded on all cores, and sums up.

What is finished lies on the disk, a folder a student. So a run can be stopped at any point, and the
next one grades what is missing.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.assignment import Assignment
from grader.class_results import ClassResult, Graded, Row, TaskSum
from grader.desk import Answer, Order, Setting, write
from grader.desks import AT_ONCE, Desks
from grader.errors import AssignmentError, SubmissionError, UsageError
from grader.key import versions
from grader.marks import graded
from grader.policy import Lateness
from grader.results import Report, Verdict
from grader.roster import Person
from grader.sandbox.contract import Level
from grader.students import Student
from grader.submission import read_submission
from grader.summary import Summing

FILES = ("report.html", "report.json")

Heard = Callable[[int, int, Row], None]
"""Called with how many are done, of how many, and the row of the last one."""


@dataclass
class Course:
    """A class with all that its marks depend on."""

    assignment: Assignment
    tasks: tuple[str, ...]
    seed: int
    level: Level
    key: Path
    out: Path
    cores: int
    again: bool = False
    anonymous: bool = False
    people: Mapping[str, Person] = field(default_factory=dict)
    """By folder of the student."""
    lateness: Mapping[str, Lateness] = field(default_factory=dict)
    heard: Heard = field(default=lambda done, of, row: None)
    step: Callable[[str], None] = field(default=lambda text: None)

    def grade(self, students: Sequence[Student]) -> tuple[Summing, list[Row]]:
        """Return a row a student, in the order of `students`; their reports are written.

        Raises `AssignmentError` where the assignment is at fault.
        """
        summing = Summing()
        rows: list[Row | None] = [None] * len(students)
        missing = []
        for number, student in enumerate(students):
            self.step(f"looking for what is graded already: {number + 1} of {len(students)}")
            found = self._known(student)
            if isinstance(found, Row):
                rows[number] = found
            elif found is not None:
                rows[number] = summing.row(self._row(student), found)
            else:
                missing.append(number)
        done = len(students) - len(missing)
        for number, row in self._graded(students, missing, summing):
            rows[number] = row
            done += 1
            self.heard(done, len(students), row)
        return summing, [self._after_policy(row) for row in rows if row is not None]

    def _row(self, student: Student) -> Row:
        person = None if self.anonymous else self.people.get(student.folder.name)
        who = {} if person is None else {"id": person.id, "name": person.name, "email": person.email}
        return Row(folder=student.name, out=student.out, points=self._points, **who)

    @property
    def _points(self) -> float:
        return sum(task.points for task in self.assignment.only(self.tasks))

    def _late(self, student: Student) -> str:
        late = self.lateness.get(student.folder.name)
        return "" if late is None else late.sentence

    def _known(self, student: Student) -> Graded | Row | None:
        """Return what an earlier run found about the same files; a row where they can't be read."""
        folder = self.out / student.out
        names = tuple(task.name for task in self.assignment.only(self.tasks))
        try:
            submission = read_submission(student.folder, names)
        except (SubmissionError, OSError) as error:
            _remove(folder)
            problem = str(error).replace(str(student.folder), "The folder")
            return self._row(student).model_copy(update={"problem": problem, "out": ""})
        if self.again:
            return None
        report = read_report(folder)
        if report is None or not self._is_for(report, student, submission.digest, names):
            _remove(folder)
            return None
        late = self._late(student)
        if [note for note in report.notes if note.startswith(Lateness.MARK)] != ([late] if late else []):
            rest = tuple(note for note in report.notes if not note.startswith(Lateness.MARK))
            write(report.model_copy(update={"notes": (late, *rest) if late else rest}), folder)
        return graded(report)

    def _is_for(self, report: Report, student: Student, digest: str, names: Sequence[str]) -> bool:
        made_from = report.provenance
        return (
            report.submission == student.name
            and [task.task for task in report.tasks] == list(names)
            and made_from.submission_digest == digest
            and made_from.assignment_digest == self.assignment.digest
            and (made_from.seed, made_from.sandbox) == (self.seed, self.level.value)
            and made_from.versions == versions()
            # What was our fault may be repaired by now.
            and all(check.verdict is not Verdict.BROKEN for task in report.tasks for check in task.checks)
        )

    def _graded(
        self, students: Sequence[Student], missing: Sequence[int], summing: Summing
    ) -> Iterator[tuple[int, Row]]:
        if not missing:
            return
        setting = Setting(
            assignment=self.assignment.folder.resolve(),
            tasks=self.tasks,
            seed=self.seed,
            level=self.level,
            key=self.key,
            at_once=AT_ONCE,
        )
        with Desks(setting, min(self.cores, len(missing))) as desks:
            self.step("asking the solutions and the known mistakes")
            names = [task.name for task in self.assignment.only(self.tasks)]
            for answer in desks.work(Order(number=n, task=name) for n, name in enumerate(names)):
                if answer.fault:
                    raise AssignmentError(answer.fault)
            self.step("grading")
            for answer in desks.work(self._order(number, students[number]) for number in missing):
                yield answer.number, self._answered(students[answer.number], answer, summing)

    def _order(self, number: int, student: Student) -> Order:
        return Order(
            number=number,
            folder=student.folder,
            name=student.name,
            out=(self.out / student.out).resolve(),
            note=self._late(student),
        )

    def _answered(self, student: Student, answer: Answer, summing: Summing) -> Row:
        if answer.graded is not None:
            return summing.row(self._row(student), answer.graded)
        note = f"Our fault, grade it again: {answer.fault}"
        return self._row(student).model_copy(update={"final": False, "out": "", "problem": note})

    def _after_policy(self, row: Row) -> Row:
        late = self.lateness.get(row.folder)
        if late is None:
            return row
        return row.model_copy(update={"late": late.sentence, "mark": late.mark(row.score)})


def class_result(
    course: Course,
    summing: Summing,
    rows: Sequence[Row],
    missing: Sequence[Person] = (),
    left_out: Sequence[str] = (),
) -> ClassResult:
    """Return the sum of a class."""
    tasks = course.assignment.only(course.tasks)
    known = bool(course.people)
    return ClassResult(
        assignment=course.assignment.title,
        assignment_digest=course.assignment.digest,
        seed=course.seed,
        sandbox=course.level.value,
        versions=versions(),
        anonymous=course.anonymous,
        points=sum(task.points for task in tasks),
        tasks=tuple(TaskSum(task=t.name, title=t.title, points=t.points) for t in tasks),
        students=tuple(rows),
        checks=summing.checks(rows, [task.name for task in tasks]),
        mistakes=summing.mistakes(rows),
        clusters=summing.clusters(rows),
    )
