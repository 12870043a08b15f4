"""Tells people that a mark is there: by plain mail, and by calls of a web hook. Both are off by default."""

import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from sqlalchemy.orm import Session

from grader.report.visible import visible
from grader.service import deliveries, results
from grader.service.database import Database
from grader.service.deliveries import Taken
from grader.service.options import Hook, Mail
from grader.service.outgoing import Unreachable, call
from grader.service.results import ClassLine
from grader.service.schema import AssignmentRow, Course, Person

MAIL, HOOK = "mail", "hook"
_SECONDS = 20.0
_LONGEST_SUBJECT = 150


def marks(session: Session, row: AssignmentRow) -> dict[str, float | None]:
    """Return the marks that count, by submission."""
    return {line.submission.id: line.mark for line in _lines(session, row) if line.submission is not None}


def released(
    session: Session, row: AssignmentRow, kinds: Sequence[str], before: Mapping[str, float | None]
) -> None:
    """Store in the caller's transaction that people are to be told of marks that are not as `before`.

    Each result is told once.
    """
    session.refresh(row)
    if not kinds or row.withheld:
        return
    course = session.get_one(Course, row.course_id)
    for line in _lines(session, row):
        if line.submission is None or line.result is None or before.get(line.submission.id) == line.mark:
            continue
        body: deliveries.Body = {
            "course": course.name,
            "assignment": row.name,
            "title": row.title,
            "submission": line.submission.id,
        }
        for kind in kinds:
            key = f"{kind}:{line.submission.id}:{line.result.row.id}"
            deliveries.put(session, kind, key, line.person.id, body)


def send_mail(database: Database, mail: Mail, public: str, taken: Taken) -> None:
    """Send a mail without the mark in it: mail is not private. Raises `Unreachable`."""
    who = _person(database, taken)
    if who is None or not who.email:
        return
    try:
        message = _message(who, mail, public, taken)
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
    if who is None:
        return
    said = {
        "event": "mark_released",
        "delivery": taken.id,
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


def _message(who: Person, mail: Mail, public: str, taken: Taken) -> EmailMessage:
    title = _in_one_line(str(taken.body["title"]))
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, who.email
    message["Subject"] = f"{title}: your mark is there"[:_LONGEST_SUBJECT]
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="grader.invalid")
    message["Auto-Submitted"] = "auto-generated"
    hello = f"Hello {_in_one_line(who.name or who.login)},"
    message.set_content(f"{hello}\n\nyour mark for {title} is there:\n{_page(public, taken)}\n")
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


def _page(public: str, taken: Taken) -> str:
    return f"{public}/submissions/{taken.body['submission']}"
