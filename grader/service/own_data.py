"""All that the service holds about one person, as an archive that the person can keep."""

import json
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.report import json as report_json
from grader.service import marks
from grader.service.database import Database
from grader.service.files import Files
from grader.service.releases import releases_of, report_as_seen
from grader.service.schema import (
    AssignmentRow,
    Calibration,
    CalibrationGrade,
    Course,
    Delivery,
    Grader,
    Identity,
    LogEntry,
    Membership,
    Person,
    RegradeRequest,
    ResultRow,
    Revision,
    SubmissionRow,
    TokenRow,
)
from grader.service.zips import ZipStream


def archive(
    database: Database, files: Files, who: Person, *, sees_withheld: bool, course: Course | None = None
) -> Iterator[bytes]:
    """Yield a zip file: facts as JSON, and each submission with its files, its reports and its questions.

    With `course` it holds what belongs to that course, and nothing about sign-in.
    """
    whole = ZipStream()
    with database.read() as session:
        facts = _facts(session, who, course)
        handed_in = _submissions(session, who, course)
    yield from whole.data("person.json", _json(facts))
    for submission, row in handed_in:
        folder = f"{row.name}-{row.id}/attempt-{submission.attempt}"
        with database.read() as session:
            about = _about(session, submission, row)
            shown = releases_of(session, row)
            reports = [] if shown.nothing and not sees_withheld else _reports(session, submission)
        yield from whole.data(f"{folder}/submission.json", _json(about))
        yield from whole.file(f"{folder}/files.zip", files.whole(submission.upload))
        for found in reports:
            with database.read() as session:
                revision = session.get_one(Revision, found.revision_id)
                report = marks.decided_report(session, revision, found)
            report = report if sees_withheld else report_as_seen(report, shown)
            data = report_json.render(report).encode("utf-8", "replace")
            yield from whole.data(f"{folder}/report-{found.revision_id}-{found.run}.json", data)
    yield from whole.end()


def _facts(session: Session, who: Person, course: Course | None) -> dict[str, object]:
    in_course = [Membership.course_id == course.id] if course else []
    members = session.execute(
        select(Course.name, Membership.role)
        .join(Membership, Membership.course_id == Course.id)
        .where(Membership.person_id == who.id, *in_course)
    )
    facts: dict[str, object] = {
        "login": who.login,
        "name": who.name,
        "email": who.email,
        "created": who.created,
        "courses": [{"name": one.name, "role": one.role} for one in members],
    }
    facts["decides about"] = _decides_about(session, who, course)
    if course is not None:
        return facts
    identities = session.scalars(select(Identity).where(Identity.person_id == who.id))
    tokens = session.scalars(select(TokenRow).where(TokenRow.person_id == who.id))
    log = session.scalars(select(LogEntry).where(LogEntry.person_id == who.id).order_by(LogEntry.id))
    sent = session.scalars(select(Delivery).where(Delivery.person_id == who.id).order_by(Delivery.id))
    return facts | {
        "identities": [{"issuer": one.issuer, "subject": one.subject} for one in identities],
        "tokens": [
            {"kind": one.kind, "for": one.label, "created": one.created, "expires": one.expires}
            for one in tokens
        ],
        "log": [{"at": one.at, "action": one.action, "subject": one.subject} for one in log],
        "sent": [{"kind": one.kind, "created": one.created, "done": one.done} for one in sent],
    }


def _decides_about(session: Session, who: Person, course: Course | None) -> dict[str, object]:
    """Return what a grader was assigned, and gave in calibrations.

    With `course` another person asks, who must not see points of a calibration that is open.
    """
    in_course = [AssignmentRow.course_id == course.id] if course else []
    shown = [Calibration.closed.is_not(None)] if course else []
    assigned = session.execute(
        select(AssignmentRow.name, Grader.task, Grader.check)
        .join(Grader, Grader.assignment_id == AssignmentRow.id)
        .where(Grader.person_id == who.id, *in_course)
    )
    gave = session.execute(
        select(AssignmentRow.name, Calibration.task, Calibration.check, CalibrationGrade)
        .join(Calibration, Calibration.assignment_id == AssignmentRow.id)
        .join(CalibrationGrade, CalibrationGrade.calibration_id == Calibration.id)
        .where(CalibrationGrade.person_id == who.id, *in_course, *shown)
        .order_by(CalibrationGrade.graded)
    )
    return {
        "assigned": [{"assignment": name, "task": task, "check": check} for name, task, check in assigned],
        "calibrations": [
            {"assignment": name, "task": task, "check": check, "graded": one.graded, "gave": one.data}
            for name, task, check, one in gave
        ],
    }


def _submissions(
    session: Session, who: Person, course: Course | None
) -> list[tuple[SubmissionRow, AssignmentRow]]:
    in_course = [AssignmentRow.course_id == course.id] if course else []
    found = session.execute(
        select(SubmissionRow, AssignmentRow)
        .join(AssignmentRow, AssignmentRow.id == SubmissionRow.assignment_id)
        .where(SubmissionRow.person_id == who.id, *in_course)
        .order_by(SubmissionRow.received)
    )
    return [(one[0], one[1]) for one in found]


def _about(session: Session, submission: SubmissionRow, row: AssignmentRow) -> dict[str, object]:
    wanted = select(RegradeRequest).where(RegradeRequest.submission_id == submission.id)
    return {
        "id": submission.id,
        "assignment": row.name,
        "attempt": submission.attempt,
        "received": submission.received,
        "notes": submission.notes,
        "questions": [
            {"asked": one.asked, "question": one.question, "answered": one.answered, "answer": one.answer}
            for one in session.scalars(wanted.order_by(RegradeRequest.id))
        ],
    }


def _reports(session: Session, submission: SubmissionRow) -> list[ResultRow]:
    """Return the results of the revision that counts; an earlier one may never have been shown."""
    row = session.get_one(AssignmentRow, submission.assignment_id)
    shown = (ResultRow.submission_id == submission.id, ResultRow.revision_id == row.revision_id)
    return list(session.scalars(select(ResultRow).where(*shown).order_by(ResultRow.id)))


def _json(facts: object) -> bytes:
    return json.dumps(facts, indent=2, ensure_ascii=False).encode("utf-8", "replace")
