"""What people do with assignments and submissions, for the pages and the API alike.

Each function asks `grader.service.access` first. It raises `NotThere`, `Refused`, or an error of
`grader.errors` with a sentence for the person.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.course.regrade import compare_classes
from grader.errors import UsageError
from grader.report import json as report_json
from grader.report.csv import class_table
from grader.report.html import class_page, regrade_page, submission_page
from grader.report.since import since
from grader.results.decisions import Decision
from grader.results.message import Message
from grader.results.report import Report
from grader.service import access, courses, deciding, marks, notices, queue, releases, results, revisions
from grader.service.access import ALLOWED, May, NotThere, Refused, Role
from grader.service.archives import unpack_assignment
from grader.service.database import Database, now
from grader.service.deciding import Given
from grader.service.decisions import DecidedMeanwhile
from grader.service.files import Files
from grader.service.marks import Result
from grader.service.releases import Changes, Releases, Supposed, What, releases_of
from grader.service.schema import (
    AssignmentRow,
    Course,
    Membership,
    Person,
    RegradeRequest,
    Revision,
    SubmissionRow,
)
from grader.service.zips import ZipStream

LONGEST_TEXT = 4000
"""Characters of a question or an answer."""
_MOST_REQUESTS = 5
"""Open questions about one submission."""


@dataclass(frozen=True)
class Status:
    """How far a submission is, as the person who asks may know it."""

    state: str
    """`queued`, `running`, `graded`, `withheld` or `parked`."""
    ahead: int = 0
    progress: str = ""
    score: float | None = None
    mark: float | None = None
    points: float | None = None
    final: bool | None = None
    later: tuple[str, ...] = ()
    """When a student sees the rest, in sentences; then the numbers are those of a part."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come by itself."""
        return self.state in ("graded", "withheld", "parked")


@dataclass(frozen=True)
class Opened:
    """A submission with all that its page shows."""

    course: Course
    assignment: AssignmentRow
    submission: SubmissionRow
    owner: Person
    role: Role
    status: Status
    result: Result | None
    """None also if the person must not see it yet."""
    shown: Releases

    @property
    def sees_class(self) -> bool:
        """Whether who asks sees all submissions."""
        return May.SEE_CLASS in ALLOWED[self.role]


def courses_of(session: Session, who: Person) -> list[tuple[Course, Role]]:
    """Return the courses that a person is in; all for who administers the service."""
    if who.admin:
        return [(one, Role.INSTRUCTOR) for one in session.scalars(select(Course).order_by(Course.name))]
    found = session.execute(
        select(Course, Membership.role)
        .join(Membership, Membership.course_id == Course.id)
        .where(Membership.person_id == who.id)
        .order_by(Course.name)
    )
    return [(row[0], Role(row[1])) for row in found]


def assignments_of(session: Session, course: Course) -> list[AssignmentRow]:
    """Return the assignments of a course."""
    return list(
        session.scalars(
            select(AssignmentRow).where(AssignmentRow.course_id == course.id).order_by(AssignmentRow.id)
        )
    )


def open_submission(session: Session, who: Person, name: str, supposed: Supposed | None = None) -> Opened:
    """Return a submission with its result for the revision that counts."""
    course, row, submission, role = access.submission(session, who, name)
    owner = session.get_one(Person, submission.person_id)
    found = results.result(session, row, submission.id)
    shown = releases_of(session, row, supposed)
    status = _status(session, row, owner, submission, found, shown, May.SEE_CLASS in ALLOWED[role])
    kept = found if status.state == "graded" else None
    return Opened(course, row, submission, owner, role, status, kept, shown)


def _status(
    session: Session,
    row: AssignmentRow,
    owner: Person,
    submission: SubmissionRow,
    found: Result | None,
    shown: Releases,
    sees_class: bool,
) -> Status:
    if found is not None:
        seen = found if sees_class else releases.as_seen(found, shown)
        later = () if sees_class else shown.later
        if seen is None:
            return Status("withheld", later=later)
        late = results.late(row, owner, submission, results.extensions(session, row))
        mark = results.Attempt(submission, seen, late).mark
        return Status(
            "graded", score=seen.score, mark=mark, points=seen.points, final=seen.final, later=later
        )
    place = queue.place(session, submission.id, row.revision_id or 0)
    if place is None:
        return Status("queued")
    if place.state is queue.State.PARKED:
        return Status("parked")
    state = "running" if place.state is queue.State.RUNNING else "queued"
    return Status(state, place.ahead, place.progress)


def report(session: Session, opened: Opened) -> Report:
    """Return the report of a submission. Raises `NotThere` if there is none to be seen."""
    if opened.result is None:
        raise NotThere(opened.submission.id)
    later = results.extensions(session, opened.assignment)
    late = results.late(opened.assignment, opened.owner, opened.submission, later)
    found = results.report(
        session, opened.assignment, opened.result, late, opened.shown, whole=opened.sees_class
    )
    return found.model_copy(
        update={
            "submission": f"{opened.owner.name or opened.owner.login}, attempt {opened.submission.attempt}"
        }
    )


def report_page(session: Session, opened: Opened) -> str:
    """Return the report as a page, with what changed since the attempt before."""
    return submission_page.render(report(session, opened), changes(session, opened))


def changes(session: Session, opened: Opened) -> Message | None:
    """Return what changed since the attempt before, None if nothing did or there is none."""
    if opened.result is None:
        return None
    submission, row = opened.submission, opened.assignment
    before = session.scalar(
        select(SubmissionRow).where(
            SubmissionRow.assignment_id == row.id,
            SubmissionRow.person_id == submission.person_id,
            SubmissionRow.attempt == submission.attempt - 1,
        )
    )
    old = results.result(session, row, before.id) if before else None
    if old is None:
        return None
    return changed(session, old, opened.result, opened.shown, whole=opened.sees_class)


def changed(session: Session, old: Result, new: Result, shown: Releases, *, whole: bool) -> Message | None:
    """Return what the machine found that changed between two attempts, None if nothing did.

    A person may have decided about one of them only, so decisions are left out. If not `whole`, it is about
    the tasks whose marks students see.
    """
    then, now_ = (marks.machine_report(session, one.row) for one in (old, new))
    if not whole:
        then, now_ = (releases.report_as_seen(one, shown) for one in (then, now_))
    told = since(then.model_copy(update={"submission": now_.submission}), now_)
    if told is None:
        return None
    gain, changes = told.parameters["gain"], told.parameters["changes"]
    return Message.of("since_the_attempt_before", gain=gain, changes=changes)


@dataclass(frozen=True)
class Standing:
    """A decision that stands, for people who decide."""

    decision: Decision
    about: str
    """What it is about, in words."""
    given: float | None
    """The points that the check or the task has now."""


@dataclass(frozen=True)
class DecidedAbout:
    """What people decided about a submission, and what they can decide."""

    targets: Sequence[deciding.Target] = ()
    """Empty for students."""
    standing: Sequence[Standing] = ()
    """Empty for students."""
    outcomes: Mapping[int, str] = field(default_factory=dict)
    """What came of each question about the mark that led to a decision, by its number."""


def decided_about(session: Session, opened: Opened, asked: Sequence[RegradeRequest] = ()) -> DecidedAbout:
    """Return what people decided, as far as the person who asks may know it."""
    decides = May.DECIDE in ALLOWED[opened.role]
    led = {one.id: one.decision for one in asked if one.decision}
    if opened.result is None or not (decides or led):
        return DecidedAbout()
    found = results.report(session, opened.assignment, opened.result, None, opened.shown, whole=True)
    shown = None if opened.sees_class else opened.shown
    said = {
        number: deciding.outcome(session, opened.assignment, opened.result, found, decision, shown)
        for number, decision in led.items()
    }
    outcomes = {number: words for number, words in said.items() if words}
    if not decides:
        return DecidedAbout(outcomes=outcomes)
    targets = deciding.targets(found)
    by_key = {(one.task, one.check): one for one in targets}
    made = []
    for one in deciding.made_about(session, opened.assignment, opened.submission):
        target = None if one.kind == "comment" else by_key.get((one.task, one.check))
        line = f"line {one.line}" if one.line else ""
        about = target.title if target else " ".join(filter(None, (one.file, line)))
        made.append(Standing(one, about, target.score if target else None))
    return DecidedAbout(targets, made, outcomes)


def files_of(session: Session, files: Files, who: Person, name: str) -> Path:
    """Return where the zip file is with what was handed in."""
    return files.whole(access.submission(session, who, name)[2].upload)


# What students ask


def ask(session: Session, who: Person, name: str, text: str) -> int:
    """Store a question about the mark of one's own submission; return its number."""
    _, row, submission, _ = access.submission(session, who, name, May.HAND_IN)
    if submission.person_id != who.id:
        raise Refused("only the person who handed it in can ask")
    question = _checked_text(text)
    if releases_of(session, row).nothing or results.result(session, row, submission.id) is None:
        raise UsageError("There is no mark to ask about yet.")
    waiting = session.scalars(
        select(RegradeRequest).where(
            RegradeRequest.submission_id == submission.id, RegradeRequest.answered.is_(None)
        )
    ).all()
    if len(waiting) >= _MOST_REQUESTS:
        raise UsageError("Your questions about this submission are not answered yet; please wait.")
    found = RegradeRequest(
        submission_id=submission.id, question=question, asked=session.scalar(select(now()))
    )
    session.add(found)
    session.flush()
    return found.id


def answer(
    session: Session,
    who: Person,
    number: int,
    text: str,
    given: Given | None = None,
    notice: Sequence[str] = (),
) -> str:
    """Answer a question; return the submission that it is about.

    `given` are points that come of it: the answer is their reason, and `notice` is how the student is told of
    another mark. Raises `DecidedMeanwhile` if somebody else has answered, or decided about the same.
    """
    found = session.get(RegradeRequest, number, with_for_update=True)
    if found is None:
        raise NotThere(str(number))
    access.submission(session, who, found.submission_id, May.ANSWER)
    said = _checked_text(text)
    if found.answered is not None:
        raise DecidedMeanwhile(f"This was answered in between: {found.answer}")
    if given is not None:
        found.decision = deciding.give(session, who, found.submission_id, given, notice).id
    found.answer, found.answered = said, session.scalar(select(now()))
    courses.note(session, who.id, "answered", found.submission_id)
    return found.submission_id


def number(text: str) -> float:
    """Return the number that a person wrote. Raises `UsageError`."""
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{text or 'Nothing'} is no number of points.")
    return found


def requests_about(session: Session, submission: SubmissionRow) -> list[RegradeRequest]:
    """Return the questions about a submission."""
    wanted = select(RegradeRequest).where(RegradeRequest.submission_id == submission.id)
    return list(session.scalars(wanted.order_by(RegradeRequest.id)))


def open_requests(session: Session, row: AssignmentRow) -> list[tuple[RegradeRequest, SubmissionRow, Person]]:
    """Return the questions about an assignment that have no answer yet."""
    found = session.execute(
        select(RegradeRequest, SubmissionRow, Person)
        .join(SubmissionRow, SubmissionRow.id == RegradeRequest.submission_id)
        .join(Person, Person.id == SubmissionRow.person_id)
        .where(SubmissionRow.assignment_id == row.id, RegradeRequest.answered.is_(None))
        .order_by(RegradeRequest.id)
        .limit(200)
    )
    return [(one[0], one[1], one[2]) for one in found]


def _checked_text(text: str) -> str:
    plain = courses.storable(text)
    if not plain:
        raise UsageError("Write a sentence.")
    if len(plain) > LONGEST_TEXT:
        raise UsageError(f"Write at most {LONGEST_TEXT} characters.")
    return plain


# What instructors do


def release(
    session: Session,
    who: Person,
    row: AssignmentRow,
    withheld: bool | None,
    answers: bool | None,
    notice: Sequence[str] = (),
) -> None:
    """Show or withhold marks, and show or hide solutions; None leaves one as it is.

    `notice` is how people are told of marks that are shown from now on.
    """
    was_withheld = releases_of(session, row).withheld
    if withheld is not None:
        releases.store_for_all(session, row, What.MARKS, not withheld)
    if answers is not None:
        releases.store_for_all(session, row, What.ANSWERS, answers)
    if withheld is False and was_withheld:
        notices.released(session, row, notice, {})
    for what, value in (("withheld", withheld), ("answers shown", answers)):
        if value is not None:
            courses.note(session, who.id, f"{what}: {value}", f"assignment {row.id}")


def release_tasks(
    session: Session,
    who: Person,
    row: AssignmentRow,
    changes: Changes,
    known: str | None = None,
    notice: Sequence[str] = (),
) -> None:
    """Show or withhold marks and model answers of some tasks, now or from a time on.

    `known` is the version that a page showed: another one raises `DecidedMeanwhile`.
    """
    row = session.get_one(AssignmentRow, row.id, with_for_update=True, populate_existing=True)
    if known is not None:
        refuse_old(session, row, known)
    before = releases_of(session, row)
    releases.store(session, row, releases.checked(before, changes))
    after = releases_of(session, row)
    if {one.task for one in before.withheld} - {one.task for one in after.withheld}:
        notices.released(session, row, notice, {})
    courses.note(session, who.id, "releases", f"assignment {row.id}")


def refuse_old(session: Session, row: AssignmentRow, known: str) -> None:
    """Raise `DecidedMeanwhile` if a page showed another version of the releases."""
    if known != releases.version(session, row):
        raise DecidedMeanwhile("Somebody has changed the releases in between. Look at them again.")


def tell_of_releases(database: Database, notice: Sequence[str]) -> bool:
    """Store that people are to be told of marks whose time has come; return whether there were any."""
    with database.read() as session:
        if not releases.is_due(session):
            return False
    with database.write() as session:
        for row in releases.come(session):
            notices.released(session, row, notice, {})
    return True


def regrade(session: Session, who: Person, row: AssignmentRow) -> int:
    """Queue all submissions for the newest revision; return how many."""
    found = _newest(session, row)
    courses.note(session, who.id, "regrade", f"revision {found.id}")
    return revisions.regrade(session, row, found)


def publish(
    session: Session, who: Person, row: AssignmentRow, number: int, notice: Sequence[str] = ()
) -> None:
    """Let the marks of a revision count; `notice` is how people are told.

    `marks.keep_all` is to be called after the transaction.
    """
    found = session.scalar(
        select(Revision).where(Revision.assignment_id == row.id, Revision.number == number)
    )
    if found is None:
        raise NotThere(str(number))
    before = notices.marks(session, row) if notice else {}
    revisions.publish(session, row, found)
    notices.released(session, row, notice, before)
    courses.note(session, who.id, "publish", f"revision {found.id}")


def retry(session: Session, who: Person, name: str) -> bool:
    """Grade a submission again whose result is broken or whose job is parked; return whether it is so."""
    _, row, submission, _ = access.submission(session, who, name, May.MANAGE)
    courses.note(session, who.id, "retry", submission.id)
    return queue.again(session, submission, revisions.current(session, row))


def compare_page(session: Session, course: Course, row: AssignmentRow) -> str:
    """Return what the newest revision would change, as a page."""
    before, after = revisions.current(session, row), _newest(session, row)
    both = [
        results.class_result(session, row, one, results.class_lines(session, course, row, one.id))
        for one in (before, after)
    ]
    return regrade_page.render(compare_classes(*both))


def analysis_page(session: Session, course: Course, row: AssignmentRow) -> str:
    """Return the page of `grade class` about an assignment."""
    found = revisions.current(session, row)
    lines = results.class_lines(session, course, row, found.id)
    return class_page.render(results.class_result(session, row, found, lines), {})


def grades(session: Session, course: Course, row: AssignmentRow) -> str:
    """Return the marks as `grades.csv`."""
    found = revisions.current(session, row)
    lines = results.class_lines(session, course, row, found.id)
    result = results.class_result(session, row, found, lines)
    bare = result.model_copy(
        update={"students": tuple(one.model_copy(update={"out": ""}) for one in result.students)}
    )
    return "".join(class_table.lines(bare, {}))


def everything(database: Database, files: Files, course: Course, row: AssignmentRow) -> Iterator[bytes]:
    """Yield a zip file with grades.csv, and each student's newest files and report."""
    whole = ZipStream()
    with database.read() as session:
        table = grades(session, course, row)
        lines = results.class_lines(session, course, row, row.revision_id)
        shown = releases_of(session, row)
    yield from whole.data("grades.csv", table.encode("utf-8", "replace"))
    for line in lines:
        if line.submission is None:
            continue
        folder = f"{re.sub(r'[^A-Za-z0-9.@+-]', '_', line.person.login).strip('.')}-{line.person.id}"
        yield from whole.file(f"{folder}/files.zip", files.whole(line.submission.upload))
        if line.result is not None:
            with database.read() as session:  # a new one each time: the other end may be slow
                found = results.report(session, row, line.result, line.lateness, shown, whole=True)
            data = report_json.render(found).encode("utf-8", "replace")
            yield from whole.data(f"{folder}/report.json", data)
    yield from whole.end()


def solutions(
    session: Session, files: Files, row: AssignmentRow, shown: Releases | None, folder: Path
) -> list[tuple[str, str]]:
    """Return title and solution of each task, or of those that `shown` releases.

    `folder` is an empty place to unpack in.
    """
    from grader.assignment.loader import read_assignment

    unpack_assignment(files.read(revisions.current(session, row).archive), folder / "assignment")
    return [
        (task.title, task.solution)
        for task in read_assignment(folder / "assignment").tasks
        if shown is None or shown.is_out(task.name, What.ANSWERS)
    ]


def _newest(session: Session, row: AssignmentRow) -> Revision:
    found = revisions.newest(session, row)
    if found is None:
        raise NotThere(row.name)
    return found
