"""Tells people that a mark is there: by plain mail, and by calls of a web hook. Both are off by default."""

import hashlib
import hmac
import json
import secrets
import smtplib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.report.visible import visible
from grader.results.report import mark
from grader.service import deliveries, results
from grader.service.database import Database
from grader.service.deliveries import Taken
from grader.service.options import Hook, Mail
from grader.service.outgoing import Unreachable, call
from grader.service.releases import Releases, as_seen, releases_of, seen
from grader.service.results import ClassLine
from grader.service.schema import AssignmentRow, Course, Delivery, Person, SubmissionRow

MAIL, HOOK = "mail", "hook"
RELEASED, CHANGED, FINAL = "mark_released", "mark_changed", "mark_final"
QUIET_SECONDS = 600.0
"""After the last decision, before people are told of it."""
_SAID = {RELEASED: "is there", CHANGED: "has changed", FINAL: "is final"}
_SECONDS = 20.0
_LONGEST_SUBJECT = 150


def marks(session: Session, row: AssignmentRow) -> dict[str, float | None]:
    """Return the marks that count as students see them, by submission."""
    shown = releases_of(session, row)
    return {one.id: mark for one, mark in _marks(_lines(session, row), shown)}


def released(
    session: Session, row: AssignmentRow, kinds: Sequence[str], before: Mapping[str, float | None]
) -> None:
    """Store in the caller's transaction that people are to be told of marks that are not as `before`.

    Each result is told once, and again if marks of more tasks are shown.
    """
    session.refresh(row)
    shown = releases_of(session, row)
    if not kinds or shown.nothing:
        return
    about = _about(session, row)
    tasks = {one.task for one in shown.tasks} - {one.task for one in shown.withheld}
    lines = _lines(session, row)
    now_ = {one.id: mark for one, mark in _marks(lines, shown)}
    for line in lines:
        if line.submission is None or line.result is None:
            continue
        if before.get(line.submission.id) == now_[line.submission.id]:
            continue
        body = {**about, "submission": line.submission.id}
        for kind in kinds:
            key = f"{kind}:{line.submission.id}:{line.result.row.id}"
            told = _told(session, key)
            if told is None or tasks - told:
                more = {"tasks": sorted(tasks | (told or set()))}
                deliveries.put(session, kind, key, line.person.id, body | more)


def may_change(
    session: Session, row: AssignmentRow, kinds: Sequence[str], names: Sequence[str] | None = None
) -> None:
    """Store, before a decision is added, that people are to be told if it changes a mark that they see.

    It is about the submissions of these names, or about all. They are told once, after a quiet time, if the
    mark is another one by then, or final at last.
    """
    shown = releases_of(session, row)
    if not kinds or shown.nothing:
        return
    about = _about(session, row)
    for submission, found in results.counting(session, row, names):
        part = seen(found, shown)
        was = {"event": CHANGED, "was": dict(part.tasks), "was_final": part.final}
        for kind in kinds:
            body = {**about, "submission": submission.id, **was, "turn": secrets.token_hex(8)}
            key = f"{kind}:{submission.id}:{CHANGED}"
            deliveries.put_off(session, kind, key, submission.person_id, body, QUIET_SECONDS)


def _digest(body: deliveries.Body) -> str:
    """Return what tells one message of a row from a later one."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def _about(session: Session, row: AssignmentRow) -> deliveries.Body:
    course = session.get_one(Course, row.course_id)
    return {"course": course.name, "assignment": row.name, "title": row.title}


def _marks(lines: Sequence[ClassLine], shown: Releases) -> Iterator[tuple[SubmissionRow, float | None]]:
    for line in lines:
        if line.submission is not None:
            part = as_seen(line.result, shown)
            yield line.submission, None if part is None else mark(part.score, line.lateness)


def _told(session: Session, key: str) -> set[str] | None:
    """Return of which tasks somebody was told, None if of nothing."""
    body = session.scalar(select(Delivery.body).where(Delivery.key == key))
    return None if body is None else {*_tasks(body)}


def _tasks(body: Mapping[str, object]) -> list[str]:
    tasks = body.get("tasks", [])
    assert isinstance(tasks, list)
    return tasks


def send_mail(database: Database, mail: Mail, public: str, taken: Taken) -> None:
    """Send a mail without the mark in it: mail is not private. Raises `Unreachable`."""
    who = _person(database, taken)
    event = _event(database, taken)
    if who is None or not who.email or not event:
        return
    try:
        message = _message(who, mail, public, taken, event)
    except ValueError:
        raise Unreachable("The address of a person cannot be one.") from None
    try:
        with _server(mail) as server:
            if mail.user:
                server.login(mail.user, mail.password.get_secret_value())
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused:
        raise Unreachable("The server of mail does not take this address.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"The server of mail cannot be used: {type(error).__name__}.") from None


def call_hook(database: Database, hook: Hook, public: str, taken: Taken) -> None:
    """Call the hook; its key signs the time and the body. Raises `Unreachable`."""
    who = _person(database, taken)
    event = _event(database, taken)
    if who is None or not event:
        return
    said = {
        "event": event,
        "delivery": f"{taken.id}.{_digest(taken.body)}",
        "login": who.login,
        "course": taken.body["course"],
        "assignment": taken.body["assignment"],
        "submission": taken.body["submission"],
        "page": _page(public, taken),
    }
    body, moment = json.dumps(said).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Grade-Timestamp": moment,
        "X-Grade-Signature": f"sha256={signature(hook.key.get_secret_value(), moment, body)}",
    }
    answer = call(hook.url, body, headers)
    if not 200 <= answer.status < 300:
        raise Unreachable(f"The web hook answered {answer.status}.")


def signature(key: str, moment: str, body: bytes) -> str:
    """Return HMAC-SHA-256 of time, a dot, and body, in hexadecimal."""
    return hmac.digest(key.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()


def _lines(session: Session, row: AssignmentRow) -> list[ClassLine]:
    return results.class_lines(session, session.get_one(Course, row.course_id), row, row.revision_id)


def _message(who: Person, mail: Mail, public: str, taken: Taken, event: str) -> EmailMessage:
    title = _in_one_line(str(taken.body["title"]))
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, who.email
    message["Subject"] = f"{title}: your mark {_SAID[event]}"[:_LONGEST_SUBJECT]
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="grader.invalid")
    message["Auto-Submitted"] = "auto-generated"
    hello = f"Hello {_in_one_line(who.name or who.login)},"
    message.set_content(f"{hello}\n\nyour mark for {title} {_SAID[event]}:\n{_page(public, taken)}\n")
    return message


def _in_one_line(text: str) -> str:
    return " ".join(visible(text).split())


def _server(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
    if mail.security == "starttls":
        try:
            server.starttls(context=context)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
    return server


def _person(database: Database, taken: Taken) -> Person | None:
    with database.read() as session:
        return session.get(Person, taken.person_id)


def _event(database: Database, taken: Taken) -> str:
    """Return what a person is to be told, empty if there is nothing to be told by now.

    Then the row goes. One of marks that are withheld by now comes back when they are shown again.
    """
    with database.read() as session:
        row = session.scalar(
            select(AssignmentRow)
            .join(SubmissionRow, SubmissionRow.assignment_id == AssignmentRow.id)
            .where(SubmissionRow.id == taken.body["submission"])
        )
        event = "" if row is None else _news(session, row, taken)
    if not event:
        with database.write() as session:
            deliveries.drop(session, taken)
    return event


def _news(session: Session, row: AssignmentRow, taken: Taken) -> str:
    shown = releases_of(session, row)
    if taken.body.get("event") != CHANGED:
        return RELEASED if any(shown.is_out(task) for task in _tasks(taken.body)) else ""
    found = results.result(session, row, str(taken.body["submission"]))
    part = None if found is None else seen(found, shown)
    was = taken.body["was"]
    assert isinstance(was, dict)
    if part is None or not part.final:
        return ""  # not yet: another decision comes
    if any(was[task] != points for task, points in part.tasks.items() if task in was):
        return CHANGED
    return FINAL if part.tasks.keys() == was.keys() and not taken.body["was_final"] else ""


def _page(public: str, taken: Taken) -> str:
    return f"{public}/submissions/{taken.body['submission']}"
