"""Calibration: several graders grade the same answers, each without seeing the points of the others.

What they give is no mark. Once all are done, or an instructor closes the calibration, the points are shown
side by side, and an instructor can make one of them the decision.
"""

import random
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.results.decisions import Decision, fingerprint, of_marks
from grader.results.report import CheckResult, Report, Verdict
from grader.results.rubric import Question
from grader.review.answers import AnswerView, Class, id_of, score_of, suggested
from grader.service import access, courses, deciding, decisions, marks, results
from grader.service.access import ALLOWED, May, NotThere, Refused, Role
from grader.service.database import Database, now
from grader.service.deciding import Prepared
from grader.service.decisions import Condition, DecidedMeanwhile
from grader.service.schema import (
    AssignmentRow,
    Calibration,
    CalibrationGrade,
    Course,
    Person,
    Revision,
    SubmissionRow,
)

ANSWERS = 10
"""How many are graded if nothing else is said."""
MOST_ANSWERS = 50
MOST_GRADERS = 10
_SEEDS = 2**31
_MOST_LISTED = 100
_IN_DECISION = {"id", "when", "items", "points", "text", "seen", "together", "kind", "task", "check"}


@dataclass(frozen=True)
class GraderAt:
    """A grader of a calibration, and how far he or she is."""

    person: Person
    name: str
    graded: int


@dataclass(frozen=True)
class Opened:
    """A calibration, without the points."""

    course: Course
    assignment: AssignmentRow
    row: Calibration
    role: Role
    answers: int
    graders: Sequence[GraderAt]

    @property
    def may_manage(self) -> bool:
        """Whether who asks may close it and decide."""
        return May.MANAGE in ALLOWED[self.role]

    def graded_by(self, who: Person) -> int | None:
        """Return how many answers a person has graded, None if the person is no grader of it."""
        return next((one.graded for one in self.graders if one.person.id == who.id), None)


@dataclass(frozen=True)
class Waits:
    """A calibration in which a person has answers left to grade."""

    number: int
    assignment_id: int
    words: str


@dataclass(frozen=True)
class Gave:
    """What one grader gave for an answer."""

    grader: GraderAt
    points: float
    items: tuple[str, ...]
    """Titles of the rubric items that hold."""
    text: str


@dataclass(frozen=True)
class Compared:
    """An answer with what each grader gave for it."""

    answer: AnswerView
    submission: str
    gave: Sequence[Gave]
    difference: float | None
    """Between the most and the fewest points; None with fewer than two graders."""


@dataclass(frozen=True)
class Comparison:
    """The points of a calibration side by side, the largest difference first."""

    question: Question
    answers: Sequence[Compared]
    difference: float | None
    """On average over the answers."""
    of_graders: Mapping[int, float]
    """By person: how much more than the others he or she gives on average, below zero for less."""


def start(
    database: Database,
    prepared: Prepared,
    who: Person,
    place: tuple[str, str],
    about: tuple[str, str],
    count: int,
    graders: Collection[str],
) -> int:
    """Start a calibration and return its number: `place` is course and assignment, `graders` are logins.

    The answers are drawn at random from those that are not decided yet. Raises `UsageError`.
    """
    wanted = {*graders}
    if not 2 <= len(wanted) <= MOST_GRADERS:
        raise UsageError(f"Choose 2 to {MOST_GRADERS} graders.")
    with database.read() as session:
        course, row, _ = access.assignment(session, who, *place, May.MANAGE)
        people = [
            one
            for one, role in access.members(session, course)
            if one.login in wanted and May.DECIDE in ALLOWED[role]
        ]
        if len(people) < len(wanted):
            raise UsageError("Only people of the course who may decide can be graders.")
        _question(session, row, *about)
        there = _answers(session, prepared, course, row, about, {one.id for one in people})
    seed = secrets.randbelow(_SEEDS)
    with database.write() as session:
        decisions.lock(session, row)
        left = sorted(_undecided(session, row, about, there))
        if not left:
            raise UsageError("Each answer to this question is decided already, or in another calibration.")
        drawn = random.Random(seed).sample(left, min(count, len(left)))
        task, check = about
        made = Calibration(
            assignment_id=row.id, task=task, check=check, seed=seed, created=session.scalar(select(now()))
        )
        session.add(made)
        session.flush()
        session.add_all(
            CalibrationGrade(calibration_id=made.id, submission_id=name, person_id=one.id)
            for name in drawn
            for one in people
        )
        session.flush()
        courses.note(session, who.id, "calibration", f"calibration {made.id}")
        return made.id


def _answers(
    session: Session,
    prepared: Prepared,
    course: Course,
    row: AssignmentRow,
    about: tuple[str, str],
    graders: set[int],
) -> set[str]:
    """Return the newest submissions with an answer that waits; not the graders' own."""
    reports = [
        prepared.report(session, line.result.row)
        for line in results.class_lines(session, course, row, row.revision_id)
        if line.result is not None and line.person.id not in graders
    ]
    checks = {one.submission: _check(one, *about) for one in reports}
    return {name for name, one in checks.items() if one is not None and one.verdict is Verdict.PENDING}


def _undecided(
    session: Session, row: AssignmentRow, about: tuple[str, str], names: Collection[str]
) -> set[str]:
    """Return those of the submissions that are still there and whose answer is not decided yet."""
    task, check = about
    decided = of_marks(decisions.of_assignment(session, row))
    taken = {*decided} | decisions.in_calibration(session, row)
    there = session.scalars(select(SubmissionRow.id).where(SubmissionRow.assignment_id == row.id))
    return {name for name in there if name in names and (name, task, check) not in taken}


def opened(session: Session, who: Person, number: int, need: May = May.DECIDE) -> Opened:
    """Return a calibration. Raises `NotThere` and `Refused`."""
    row = session.get(Calibration, number)
    found = None
    if row is not None:
        found = session.execute(
            select(Course, AssignmentRow)
            .join(AssignmentRow, AssignmentRow.course_id == Course.id)
            .where(AssignmentRow.id == row.assignment_id)
        ).first()
    if row is None or found is None:
        raise NotThere(str(number))
    course, role = access.course(session, who, found[0].name, need)
    return _opened(session, course, found[1], row, role)


def of_assignment(session: Session, course: Course, row: AssignmentRow, role: Role) -> list[Opened]:
    """Return the calibrations of an assignment, the newest first."""
    rows = session.scalars(
        select(Calibration)
        .where(Calibration.assignment_id == row.id)
        .order_by(Calibration.id.desc())
        .limit(_MOST_LISTED)
    )
    return [_opened(session, course, row, one, role) for one in rows]


def _opened(
    session: Session, course: Course, row: AssignmentRow, calibration: Calibration, role: Role
) -> Opened:
    graded = session.execute(
        select(Person, func.count(), func.count(CalibrationGrade.graded))
        .join(CalibrationGrade, CalibrationGrade.person_id == Person.id)
        .where(CalibrationGrade.calibration_id == calibration.id)
        .group_by(Person.id)
        .order_by(Person.login)
    ).all()
    names = decisions.names(one[0] for one in graded)
    graders = [GraderAt(one[0], names[one[0].id], one[2]) for one in graded]
    return Opened(course, row, calibration, role, max((one[1] for one in graded), default=0), graders)


def waiting(session: Session, who: Person, assignments: Iterable[int]) -> list[Waits]:
    """Return the open calibrations of assignments in which a person has answers left to grade."""
    rows = session.execute(
        select(Calibration, func.count(), func.count(CalibrationGrade.graded))
        .join(CalibrationGrade, CalibrationGrade.calibration_id == Calibration.id)
        .where(Calibration.assignment_id.in_([*assignments]), Calibration.closed.is_(None))
        .where(CalibrationGrade.person_id == who.id)
        .group_by(Calibration.id)
        .having(func.count() > func.count(CalibrationGrade.graded))
        .order_by(Calibration.id)
    )
    return [
        Waits(one.id, one.assignment_id, f"{one.check}: {graded} of {whole} answers graded")
        for one, whole, graded in rows
    ]


def close(session: Session, who: Person, number: int) -> None:
    """Show the points though some are missing, and accept no more. Raises `UsageError` if it is closed."""
    found = opened(session, who, number, May.MANAGE)
    session.refresh(found.row, with_for_update=True)
    if found.row.closed is not None:
        raise UsageError("It is closed already.")
    found.row.closed = session.scalar(select(now()))
    session.flush()
    courses.note(session, who.id, "calibration closed", f"calibration {number}")


# What one grader does


@dataclass(frozen=True)
class OwnGrades:
    """What one grader gives in a calibration, in place of decisions, for `grader.review`."""

    database: Database
    opened: Opened
    who: Person
    name: str

    def read(self) -> Sequence[Decision]:
        """Return what the grader gave, and changes of the rubric: nothing that others gave."""
        with self.database.read() as session:
            return self._read(session)

    def append(self, made: Sequence[Decision], condition: Condition) -> None:
        """Keep what the grader gives. Raises `ValueError` for anything else, or once it is closed."""
        number = self.opened.row.id
        with self.database.write() as session:
            row = session.get_one(Calibration, number, with_for_update=True)
            if row.closed is not None:
                raise ValueError("This calibration is closed; nothing was stored.")
            condition(self._read(session))
            moment = session.scalar(select(now()))
            for one in made:
                grade = session.get(CalibrationGrade, (number, one.submission, self.who.id))
                if grade is None or one.kind not in ("items", "undo"):
                    raise ValueError(
                        "In a calibration you give points for its answers, and change nothing else."
                    )
                is_taken_back = one.kind == "undo"
                grade.graded = None if is_taken_back else moment
                grade.data = None if is_taken_back else one.model_dump(mode="json", include=_IN_DECISION)
            session.flush()
            left = select(func.count()).where(
                CalibrationGrade.calibration_id == number, CalibrationGrade.graded.is_(None)
            )
            if not session.scalar(left):
                row.closed = session.scalar(select(now()))
                session.flush()

    def _read(self, session: Session) -> list[Decision]:
        rubric = _rubric(session, self.opened.assignment)
        own = _given(session, self.opened.row.id, self.who.id, self.name)
        # An item that is new since is to be looked at.
        return sorted([*rubric, *own], key=lambda one: one.when)


@dataclass(frozen=True)
class DrawnReports:
    """What the machine found about the answers of a calibration, and nothing else of these submissions."""

    database: Database
    prepared: Prepared
    opened: Opened

    def questions(self) -> Sequence[Question]:
        """Return the one question."""
        with self.database.read() as session:
            row = self.opened.row
            return [_question(session, self.opened.assignment, row.task, row.check)]

    def reports(self) -> Sequence[Report]:
        """Return the reports without all that is not the answer."""
        with self.database.read() as session:
            return [_bare(one, self.opened.row) for one in _reports(session, self.prepared, self.opened)]

    def people(self, submission: str) -> str:
        """Return nothing: calibrations are anonymous."""
        return ""


def own_answers(database: Database, prepared: Prepared, who: Person, number: int) -> Sequence[AnswerView]:
    """Return the answers of a calibration with what a person gave. Raises as `own_grades`."""
    own = own_grades(database, who, number)
    drawn = DrawnReports(database, prepared, own.opened)
    (question,) = drawn.questions()
    whole = Class.of([question], drawn.reports(), own.read())
    return whole.view(question, suggested(question, whole.texts(question), prepared.suggest), {}).answers


def grade(
    database: Database,
    prepared: Prepared,
    who: Person,
    number: int,
    answer: str,
    items: Collection[str],
    points: float,
    text: str,
) -> None:
    """Give points for an answer, as the pages do. Raises `UsageError`, and as `own_grades`."""
    own = own_grades(database, who, number)
    drawn = DrawnReports(database, prepared, own.opened)
    (question,) = drawn.questions()
    report = next((one for one in drawn.reports() if id_of(one.submission) == answer), None)
    check = _check(report, question.task, question.check) if report else None
    if report is None or check is None:
        raise NotThere(answer)
    if points and not text.strip():
        raise UsageError("Give a reason for the points beside the items.")
    if not {*items} <= {one.name for one in question.items}:
        raise UsageError("There is no such rubric item.")
    made = deciding.decision(
        "items",
        report.submission,
        task=question.task,
        check=question.check,
        items=tuple(items),
        points=points or None,
        text=courses.storable(text),
        seen=fingerprint(check),
    )
    try:
        own.append([made], lambda known: None)
    except ValueError as error:
        raise UsageError(str(error)) from None


def own_grades(database: Database, who: Person, number: int) -> OwnGrades:
    """Return what a person gave in a calibration. Raises `Refused` for a person who is no grader of it."""
    with database.read() as session:
        found = opened(session, who, number)
    if found.graded_by(who) is None:
        raise Refused("a person who is no grader of it")
    name = next(one.name for one in found.graders if one.person.id == who.id)
    return OwnGrades(database, found, who, name)


# What is shown once it is closed


def comparison(session: Session, prepared: Prepared, found: Opened) -> Comparison | None:
    """Return the points side by side, None while it is open."""
    row = found.row
    if row.closed is None:
        return None
    question = _question(session, found.assignment, row.task, row.check)
    # All that count of these answers, not of the graders.
    made = [
        one
        for name in _submissions(session, row)
        for one in decisions.of_submission(session, found.assignment.id, name)
        if one.submission == name
    ]
    reports = [_bare(one, row) for one in _reports(session, prepared, found)]
    whole = Class.of([question], reports, made)
    texts = whole.texts(question)
    view = whole.view(question, suggested(question, texts, prepared.suggest), {})
    names = {id_of(one.submission): one.submission for one in reports}
    titles = {item.name: item.title for item in question.items}
    gave: dict[str, list[Gave]] = {}
    for grader in found.graders:
        for one in _given(session, row.id, grader.person.id, grader.name):
            held = tuple(titles[item] for item in one.items if item in titles)
            gave.setdefault(one.submission, []).append(Gave(grader, score_of(one, question), held, one.text))
    answers = [
        Compared(one, names[one.id], given, _difference([each.points for each in given]))
        for one in view.answers
        for given in [gave.get(names[one.id], [])]
    ]
    answers.sort(key=lambda one: -1.0 if one.difference is None else one.difference, reverse=True)
    apart = [one.difference for one in answers if one.difference is not None]
    return Comparison(question, answers, fmean(apart) if apart else None, _of_each(answers))


def decide(
    session: Session,
    who: Person,
    number: int,
    answer: str,
    grader: int,
    known: str,
    notice: Sequence[str] = (),
) -> None:
    """Make what a grader gave for an answer the decision; `known` is the decision that counts now.

    `notice`: how the student is told, see `notices.may_change`. Raises `DecidedMeanwhile` if another decision
    counts.
    """
    found = opened(session, who, number, May.MANAGE)
    row = found.row
    if row.closed is None:
        raise UsageError("Close the calibration first.")
    name = next((one for one in _submissions(session, row) if id_of(one) == answer), None)
    grade = None if name is None else session.get(CalibrationGrade, (number, name, grader))
    if name is None or grade is None or grade.graded is None:
        raise NotThere(answer)
    given = _decision(grade, "")
    made = deciding.decision(
        "items",
        name,
        task=row.task,
        check=row.check,
        items=given.items,
        points=given.points,
        text=given.text,
        seen=given.seen,
    )

    def is_known(there: Sequence[Decision]) -> None:
        last = of_marks(there).get((name, row.task, row.check))
        if last is not None and last.id != known:
            raise DecidedMeanwhile(
                f"{last.by} has decided about this in between. Look at it, and decide again."
            )

    deciding.add(session, found.assignment, who, made, is_known, notice)


def _difference(points: Sequence[float]) -> float | None:
    return round(max(points) - min(points), 6) if len(points) > 1 else None


def _of_each(answers: Sequence[Compared]) -> dict[int, float]:
    apart: dict[int, list[float]] = {}
    for one in answers:
        for own in one.gave:
            others = [other.points for other in one.gave if other is not own]
            if others:
                apart.setdefault(own.grader.person.id, []).append(own.points - fmean(others))
    return {person: round(fmean(all_), 6) for person, all_ in apart.items()}


def _given(session: Session, number: int, person: int, name: str) -> list[Decision]:
    """Return what a grader gave, in the order in which that was done."""
    rows = session.scalars(
        select(CalibrationGrade)
        .where(
            CalibrationGrade.calibration_id == number,
            CalibrationGrade.person_id == person,
            CalibrationGrade.graded.is_not(None),
        )
        .order_by(CalibrationGrade.graded)
    )
    return [_decision(one, name) for one in rows]


def _decision(grade: CalibrationGrade, name: str) -> Decision:
    return Decision.model_validate({**(grade.data or {}), "by": name, "submission": grade.submission_id})


def _rubric(session: Session, row: AssignmentRow) -> list[Decision]:
    return [one for one in decisions.of_all(session, row) if one.kind == "rubric"]


def _question(session: Session, row: AssignmentRow, task: str, check: str) -> Question:
    """Return a question with the rubric as people changed it. Raises `UsageError` if it is not asked."""
    revision = session.get(Revision, row.revision_id or 0)
    asked = Class.of(marks.questions(revision) if revision else (), (), _rubric(session, row))
    found = asked.question(task, check)
    if found is None:
        raise UsageError("The revision that counts does not ask this question.")
    return found


def _submissions(session: Session, row: Calibration) -> list[str]:
    wanted = select(CalibrationGrade.submission_id).where(CalibrationGrade.calibration_id == row.id)
    return list(session.scalars(wanted.distinct().order_by(CalibrationGrade.submission_id)))


def _reports(session: Session, prepared: Prepared, found: Opened) -> list[Report]:
    graded = [results.result(session, found.assignment, one) for one in _submissions(session, found.row)]
    return [prepared.report(session, one.row) for one in graded if one is not None]


def _bare(report: Report, row: Calibration) -> Report:
    tasks = [
        task.model_copy(update={"checks": tuple(one for one in task.checks if one.check == row.check)})
        for task in report.tasks
        if task.task == row.task
    ]
    return report.model_copy(update={"tasks": tuple(tasks)})


def _check(report: Report, task: str, check: str) -> CheckResult | None:
    found = (one.checks for one in report.tasks if one.task == task)
    return next((one for checks in found for one in checks if one.check == check), None)
