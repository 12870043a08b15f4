"""Homes: of a student, with each assignment and what to do next; of those who decide, with what waits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from grader.report.causes import causes
from grader.report.lists import listed
from grader.report.messages import text
from grader.report.numbers import points
from grader.results.report import Report
from grader.service import access, actions, calibrating, deciding, handing_in, queue, results, revisions
from grader.service.access import ALLOWED, May, Role
from grader.service.calibrating import Waits
from grader.service.queue import State
from grader.service.releases import Releases, Supposed, releases_of
from grader.service.results import Attempt
from grader.service.schema import (
    AssignmentRow,
    Course,
    JobRow,
    MarkRow,
    Person,
    RegradeRequest,
    ResultRow,
    Revision,
    SubmissionRow,
)

_MOST = 50
"""Things of one kind that are listed for an assignment."""
_IN_CHART = 30
"""Attempts that a chart shows, the last ones."""
_WIDTH, _HEIGHT, _MARGIN = 240, 56, 6


@dataclass(frozen=True)
class Dot:
    """An attempt in a chart."""

    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """Marks over the attempts, in coordinates, and the same in words."""

    words: str
    dots: tuple[Dot, ...]
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def line(self) -> str:
        """The points of the line through all dots."""
        return " ".join(f"{one.x:g},{one.y:g}" for one in self.dots)


@dataclass(frozen=True)
class Next:
    """The one thing to do next."""

    words: str
    address: str = ""
    """Where to do it; empty if there is nothing to do."""


@dataclass(frozen=True)
class Asked:
    """A question about a mark, with what came of it."""

    request: RegradeRequest
    submission: SubmissionRow
    outcome: str


@dataclass(frozen=True)
class Homework:
    """An assignment as the home of a student shows it."""

    row: AssignmentRow
    deadline: datetime | None
    state: str
    chart: Chart | None
    changed: str
    """What changed between the last two attempts, empty if nothing did."""
    next: Next
    asked: tuple[Asked, ...]


@dataclass(frozen=True)
class Enrolled:
    """A course with its assignments; those of staff have no state."""

    course: Course
    role: Role
    homework: tuple[Homework, ...]
    rows: tuple[tuple[AssignmentRow, str], ...]
    """With what is withheld from students."""

    @property
    def sees_class(self) -> bool:
        """Whether the person sees the class."""
        return May.SEE_CLASS in ALLOWED[self.role]

    @property
    def manages(self) -> bool:
        """Whether the person manages the course."""
        return May.MANAGE in ALLOWED[self.role]


@dataclass(frozen=True)
class Waiting:
    """What waits for a person in an assignment."""

    course: Course
    row: AssignmentRow
    answers: int
    """Submissions that count with answers in words that wait."""
    flagged: int
    """Answers among them that should be looked at first."""
    look_again: int
    """Decisions whose result has changed."""
    stuck: Sequence[tuple[SubmissionRow, Person]]
    """Submissions that could not be graded, or whose result holds a fault of ours."""
    requests: Sequence[tuple[RegradeRequest, SubmissionRow, Person]]
    newer: Revision | None
    """A revision that is not published."""
    calibrations: Sequence[Waits]
    """Open calibrations in which the person has answers left to grade."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        waiting = (self.answers, self.look_again, self.stuck, self.requests, self.newer, self.calibrations)
        return not any(waiting)


def courses_of(session: Session, who: Person) -> list[Enrolled]:
    """Return the courses of a person."""
    return [_enrolled(session, who, course, role) for course, role in actions.courses_of(session, who)]


def course_of(session: Session, who: Person, course: Course, supposed: Supposed | None = None) -> Enrolled:
    """Return one course. Raises `NotThere` if the person is not in it."""
    found, role = access.course(session, who, course.name)
    return _enrolled(session, who, found, role, supposed)


def _enrolled(
    session: Session, who: Person, course: Course, role: Role, supposed: Supposed | None = None
) -> Enrolled:
    rows = actions.assignments_of(session, course)
    if May.SEE_CLASS in ALLOWED[role]:
        return Enrolled(course, role, (), tuple((row, withheld(releases_of(session, row))) for row in rows))
    homework = (_homework(session, who, course, row, releases_of(session, row, supposed)) for row in rows)
    return Enrolled(course, role, tuple(homework), ())


def withheld(shown: Releases) -> str:
    """Return which marks are withheld from students, empty if none are."""
    if shown.nothing:
        return "marks are withheld"
    later, count = len(shown.withheld), len(shown.tasks)
    return f"marks of {later} of {count} tasks are withheld" if later else ""


# Students


def _homework(session: Session, who: Person, course: Course, row: AssignmentRow, shown: Releases) -> Homework:
    attempts = results.attempts(session, who, row, shown, whole=False)
    deadline = results.deadline(session, row, who)
    here = f"/courses/{course.name}/{row.name}"
    is_open = handing_in.is_open(session, who, row)
    if not attempts:
        return Homework(row, deadline, "nothing handed in", None, "", _first(here, deadline, is_open), ())
    newest = attempts[0]
    page = f"/submissions/{newest.submission.id}"
    asked = tuple(_asked(session, row, [one.submission for one in attempts], shown))
    if newest.is_withheld or (shown.nothing and any(one.is_withheld for one in attempts)):
        state = f"graded. {' '.join(shown.later)}" if newest.is_withheld else "being graded"
        return Homework(row, deadline, state, None, "", Next("Nothing: wait for the marks."), asked)
    chart = _chart(attempts)
    if newest.result is None:
        place = queue.place(session, newest.submission.id, row.revision_id or 0)
        if place is not None and place.state is State.PARKED:
            words = "Your instructor sees that it could not be graded."
            return Homework(row, deadline, "could not be graded", chart, "", Next(words, page), asked)
        words = "See how far it is."
        return Homework(row, deadline, "being graded", chart, "", Next(words, page), asked)
    report = results.report(session, row, newest.result, newest.lateness, shown, whole=False)
    state = f"{points(newest.mark or 0)} of {points(newest.result.points)} points"
    if report.waiting:
        state += f"; {points(report.waiting)} wait for a person"
    elif not newest.result.final:
        state += ", not final"
    if newest.later:
        state += f". {' '.join(newest.later)}"
    return Homework(
        row,
        deadline,
        state,
        chart,
        _changed(session, attempts, shown),
        _next(report, page, here, is_open, bool(newest.later)),
        asked,
    )


def _first(here: str, deadline: datetime | None, is_open: bool) -> Next:
    if not is_open:
        return Next("Nothing: nothing more is accepted.")
    if deadline is not None and deadline < datetime.now(UTC):
        return Next("Hand in: the deadline has passed, and late days count.", here)
    return Next("Hand in a first attempt: it is graded within minutes.", here)


def _next(report: Report, page: str, here: str, is_open: bool, is_part: bool) -> Next:
    found = causes(report)
    missing = [task.wanted_file for task in report.tasks if not task.handed_in]
    if is_open and found:
        first = found[0]
        place = f" ({first.place.file}, line {first.place.line})" if first.place else ""
        worth = f"; it may bring {text(first.worth)}" if first.worth else ""
        return Next(f"Look at “{first.check.title.rstrip('.')}” in {first.task.title}{place}{worth}.", page)
    if is_open and missing:
        return Next(f"Hand in {missing[0]} too.", here)
    if report.waiting:
        return Next(f"Nothing: {points(report.waiting)} points wait for a person.")
    if report.score >= report.points:
        return Next(f"Nothing: you have all points{' that are released' if is_part else ''}.")
    return Next("Read the report.", page)


def _changed(session: Session, attempts: Sequence[Attempt], shown: Releases) -> str:
    graded = [one.result for one in attempts if one.result is not None][:2]
    if len(graded) < 2:
        return ""
    new, old = graded
    told = actions.changed(session, old, new, shown, whole=False)
    return text(told) if told else ""


def _asked(
    session: Session, row: AssignmentRow, own: Sequence[SubmissionRow], shown: Releases
) -> Iterable[Asked]:
    by_id = {one.id: one for one in own}
    requests = session.scalars(
        select(RegradeRequest)
        .where(RegradeRequest.submission_id.in_(by_id))
        .order_by(RegradeRequest.id.desc())
        .limit(_MOST)
    )
    for one in requests:
        outcome = ""
        if one.decision and not shown.nothing:
            found = results.result(session, row, one.submission_id)
            if found is not None:
                report = results.report(session, row, found, None, shown, whole=True)
                outcome = deciding.outcome(session, row, found, report, one.decision, shown)
        yield Asked(one, by_id[one.submission_id], outcome)


def _chart(attempts: Sequence[Attempt]) -> Chart | None:
    """Return a chart of the attempts that are graded, None if there are fewer than two."""
    graded = [(one, one.result, one.mark or 0.0) for one in reversed(attempts) if one.result is not None]
    graded = graded[-_IN_CHART:]
    if len(graded) < 2:
        return None
    most = max([result.points for _, result, _ in graded] + [mark for _, _, mark in graded]) or 1.0
    step = (_WIDTH - 2 * _MARGIN) / (len(graded) - 1)
    dots = tuple(
        Dot(
            round(_MARGIN + place * step, 1),
            round(_HEIGHT - _MARGIN - mark / most * (_HEIGHT - 2 * _MARGIN), 1),
        )
        for place, (_, _, mark) in enumerate(graded)
    )
    marks = listed([points(mark) for _, _, mark in graded])
    first = graded[0][0].submission.attempt
    words = (
        f"Marks of attempts {first} to {graded[-1][0].submission.attempt}: "
        f"{marks}, of {points(graded[-1][1].points)} points"
    )
    return Chart(words, dots)


# Those who decide


def waiting(session: Session, who: Person) -> list[Waiting]:
    """Return what waits for a person in all courses in which he or she decides."""
    places = [
        (course, row, role)
        for course, role in actions.courses_of(session, who)
        if May.DECIDE in ALLOWED[role]
        for row in actions.assignments_of(session, course)
    ]
    ids = [row.id for _, row, _ in places]
    if not ids:
        return []
    answers, flagged, look_again = _undecided(session, ids)
    stuck = _stuck(session, ids)
    calibrations = calibrating.waiting(session, who, ids)
    found = []
    for course, row, role in places:
        newest = revisions.newest(session, row) if May.MANAGE in ALLOWED[role] else None
        found.append(
            Waiting(
                course,
                row,
                answers.get(row.id, 0),
                flagged.get(row.id, 0),
                look_again.get(row.id, 0),
                stuck.get(row.id, [])[:_MOST],
                actions.open_requests(session, row)[:_MOST],
                newest if newest is not None and newest.id != row.revision_id else None,
                [one for one in calibrations if one.assignment_id == row.id],
            )
        )
    return [one for one in found if not one.is_empty]


def _undecided(session: Session, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Return, by assignment: submissions with answers that wait, flags in them, and changed decisions."""
    newest = (
        select(
            SubmissionRow.assignment_id,
            SubmissionRow.person_id,
            func.max(SubmissionRow.attempt).label("last"),
        )
        .where(SubmissionRow.assignment_id.in_(ids))
        .group_by(SubmissionRow.assignment_id, SubmissionRow.person_id)
        .subquery()
    )
    later = aliased(ResultRow)
    is_newest = ~(
        select(later.id)
        .where(
            later.submission_id == ResultRow.submission_id,
            later.revision_id == ResultRow.revision_id,
            later.run > ResultRow.run,
        )
        .exists()
    )
    rows = session.execute(
        select(
            SubmissionRow.assignment_id,
            ResultRow.broken,
            ResultRow.flagged,
            func.coalesce(MarkRow.look_again, 0),
        )
        .join(
            newest,
            and_(
                newest.c.assignment_id == SubmissionRow.assignment_id,
                newest.c.person_id == SubmissionRow.person_id,
                newest.c.last == SubmissionRow.attempt,
            ),
        )
        .join(AssignmentRow, AssignmentRow.id == SubmissionRow.assignment_id)
        .join(
            ResultRow,
            and_(
                ResultRow.submission_id == SubmissionRow.id,
                ResultRow.revision_id == AssignmentRow.revision_id,
            ),
        )
        .outerjoin(MarkRow, MarkRow.result_id == ResultRow.id)
        .where(or_(~ResultRow.final, MarkRow.look_again > 0), is_newest)
        .where(or_(MarkRow.final.is_(None), ~MarkRow.final))
    )
    answers: dict[int, int] = {}
    flagged: dict[int, int] = {}
    look_again: dict[int, int] = {}
    for assignment, broken, flags, changed in rows:
        look_again[assignment] = look_again.get(assignment, 0) + changed
        if not broken and not changed:
            answers[assignment] = answers.get(assignment, 0) + 1
            flagged[assignment] = flagged.get(assignment, 0) + flags
    return answers, flagged, look_again


def _stuck(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[SubmissionRow, Person]]]:
    parked = (
        select(SubmissionRow, Person)
        .join(Person, Person.id == SubmissionRow.person_id)
        .join(AssignmentRow, AssignmentRow.id == SubmissionRow.assignment_id)
        .where(AssignmentRow.id.in_(ids))
    )
    later = aliased(JobRow)
    jobs = parked.join(
        JobRow,
        and_(JobRow.submission_id == SubmissionRow.id, JobRow.revision_id == AssignmentRow.revision_id),
    )
    is_last = ~(
        select(later.id)
        .where(
            later.submission_id == JobRow.submission_id,
            later.revision_id == JobRow.revision_id,
            later.run > JobRow.run,
        )
        .exists()
    )
    broken = (
        select(ResultRow.id)
        .where(
            ResultRow.submission_id == JobRow.submission_id,
            ResultRow.revision_id == JobRow.revision_id,
            ResultRow.run == JobRow.run,
            ResultRow.broken,
        )
        .exists()
    )
    found: dict[int, list[tuple[SubmissionRow, Person]]] = {}
    wanted = jobs.where(or_(JobRow.state == State.PARKED, broken), is_last).order_by(SubmissionRow.received)
    for submission, person in session.execute(wanted.limit(10 * _MOST)):
        found.setdefault(submission.assignment_id, []).append((submission, person))
    return found


def viewed(session: Session, number: int, course: Course) -> Person:
    """Return the student of a course whose view somebody takes. Raises `NotThere` for others."""
    found = session.get(Person, number)
    if found is None or access.role(session, found, course.id) is not Role.STUDENT:
        raise access.NotThere(str(number))
    return found
