"""A person's deadlines as a calendar that other programs read: iCalendar, RFC 5545."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from grader.report.visible import visible
from grader.service import actions, results
from grader.service.schema import Person

_LINE = 73
"""Bytes of a line, without its end and the space with which it goes on: 75 are allowed."""


def calendar(session: Session, who: Person, public: str, moment: datetime) -> str:
    """Return the deadlines of a person's courses, with extensions, and when assignments close."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//torch-homework-grader//EN",
        "CALSCALE:GREGORIAN",
        "X-WR-CALNAME:Deadlines",
    ]
    host = urlsplit(public).hostname or "grader.invalid"
    for course, _ in actions.courses_of(session, who):
        for row in actions.assignments_of(session, course):
            deadline = results.deadline(session, row, who)
            closes = datetime.fromtimestamp(row.closes, UTC) if row.closes is not None else None
            for kind, when in (("deadline", deadline), ("closes", closes)):
                if when is None:
                    continue
                title = f"{row.title} ({course.title})"
                lines += [
                    "BEGIN:VEVENT",
                    f"UID:{kind}-{row.id}@{host}",
                    f"DTSTAMP:{_time(moment)}",
                    f"DTSTART:{_time(when)}",
                    f"SUMMARY:{_text(title if kind == 'deadline' else f'{title} closes')}",
                    f"URL:{public}/courses/{course.name}/{row.name}",
                    "TRANSP:TRANSPARENT",
                    "END:VEVENT",
                ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(visible(text).split())


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces that are short enough; no letter is cut."""
    piece, size, begin = "", 0, ""
    for letter in line:
        length = len(letter.encode("utf-8", "replace"))
        if size + length > _LINE:
            yield begin + piece
            piece, size, begin = "", 0, " "
        piece, size = piece + letter, size + length
    yield begin + piece
