"""Marks for platforms: finds out which are not there yet as they are here, and sends them."""

import logging
import time
from collections.abc import Callable

from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from grader.service import deliveries, results
from grader.service.database import Database
from grader.service.deliveries import Taken
from grader.service.lti.platforms import people_issuer
from grader.service.lti.services import Services
from grader.service.releases import releases_of
from grader.service.results import ClassLine
from grader.service.schema import (
    AssignmentRow,
    Course,
    DecisionRow,
    Delivery,
    Identity,
    Platform,
    PlatformCourse,
    PlatformLink,
    PlatformMember,
    ResultRow,
)

_LOG = logging.getLogger("grader.service")
KIND = "score"
_AGAIN_SECONDS = 600.0


class Finder:
    """Looks for marks that platforms do not hold as they are here.

    A link is looked at if there are new results or decisions, another revision or other rules, and every ten
    minutes.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._seen: dict[int, tuple[object, float]] = {}

    def look(self) -> int:
        """Put what is found into the rows to be sent; return how many links were looked at."""
        with self._database.read() as session:
            links = {number: _state(session, number) for number in session.scalars(select(PlatformLink.id))}
        count = 0
        for number, state in sorted(links.items()):
            then, when = self._seen.get(number, (None, 0.0))
            if state != then or self._clock() - when >= _AGAIN_SECONDS:
                self._seen[number] = (state, self._clock())
                try:
                    _find(self._database, number)
                except SQLAlchemyError:
                    raise  # the database is away, for all links
                except Exception as error:  # of one course: the others get their marks
                    _LOG.exception("marks cannot be found", extra={"error": type(error).__name__})
                count += 1
        return count


def _state(session: Session, number: int) -> object:
    """Return what tells cheaply that marks may have changed."""
    link = session.get_one(PlatformLink, number)
    row = session.get_one(AssignmentRow, link.assignment_id)
    newest = session.scalar(select(func.max(ResultRow.id)).where(ResultRow.revision_id == row.revision_id))
    decided = session.scalar(select(func.max(DecisionRow.number)).where(DecisionRow.assignment_id == row.id))
    bound = session.get_one(PlatformCourse, link.platform_course_id)
    people = session.scalar(select(func.count()).select_from(_people(session, bound).subquery()))
    later = releases_of(session, row).withheld
    return row.revision_id, later, row.policy, newest, decided, people, link.lineitem


def _find(database: Database, number: int) -> None:
    """Put into the rows to be sent each mark that is shown to its student and is not on the platform.

    A mark that is withheld again is taken away there. What is not final is not sent, nor is the mark of a
    part of the tasks.
    """
    with database.read() as session:
        wanted = _wanted(session, number)
        known = _known(session, number)
    news = {who: body for who, body in wanted.items() if body != known.get(who)}
    if news:
        with database.write() as session:
            for who, body in news.items():
                deliveries.put(session, KIND, _key(number, who), who, body)


def send(database: Database, services: Services, taken: Taken) -> None:
    """Send a mark; one that is withheld by now is taken away. Raises `Unreachable`."""
    with database.read() as session:
        link = session.get(PlatformLink, taken.body["link"])
        if link is None:
            return
        bound = session.get_one(PlatformCourse, link.platform_course_id)
        platform = session.get_one(Platform, bound.platform_id)
        is_withheld = releases_of(session, session.get_one(AssignmentRow, link.assignment_id)).withheld
        subject = session.scalar(
            select(Identity.subject).where(
                Identity.issuer == people_issuer(platform), Identity.person_id == taken.person_id
            )
        )
    if subject is None:
        return
    score, maximum = taken.body["score"], taken.body["maximum"]
    if is_withheld and score is not None:
        with database.write() as session:  # the row has to say what the platform will hold
            deliveries.put(
                session, KIND, _key(link.id, taken.person_id), taken.person_id, {**taken.body, "score": None}
            )
        return
    assert isinstance(maximum, int | float)
    number = float(score) if isinstance(score, int | float) else None
    services.send_score(platform, link.lineitem, subject, number, float(maximum))


def _wanted(session: Session, number: int) -> dict[int, deliveries.Body]:
    """Return what a platform should hold, by person."""
    link = session.get_one(PlatformLink, number)
    bound = session.get_one(PlatformCourse, link.platform_course_id)
    row = session.get_one(AssignmentRow, link.assignment_id)
    known = {*session.scalars(_people(session, bound))}
    sent = _known(session, number)
    wanted: dict[int, deliveries.Body] = {}
    is_withheld = releases_of(session, row).withheld
    lines = results.class_lines(session, session.get_one(Course, row.course_id), row, row.revision_id)
    for line in lines:
        who = line.person.id
        score = None if is_withheld else _score(line)
        if who in known and (score is not None or who in sent):
            maximum = line.result.points if line.result else sent[who]["maximum"]
            wanted[who] = {"link": number, "score": score, "maximum": maximum, "lineitem": link.lineitem}
    return wanted


def _people(session: Session, bound: PlatformCourse) -> Select[int]:
    """Select who is in a course of a platform: another of its courses may be this one here, too."""
    issuer = people_issuer(session.get_one(Platform, bound.platform_id))
    return (
        select(PlatformMember.person_id)
        .join(Identity, Identity.person_id == PlatformMember.person_id)
        .where(PlatformMember.platform_course_id == bound.id, Identity.issuer == issuer)
    )


def _score(line: ClassLine) -> float | None:
    return line.mark if line.result is not None and line.result.final else None


def _known(session: Session, number: int) -> dict[int, deliveries.Body]:
    wanted = select(Delivery).where(Delivery.kind == KIND, Delivery.key.startswith(f"score:{number}:"))
    return {one.person_id: dict(one.body) for one in session.scalars(wanted)}


def _key(number: int, who: int) -> str:
    return f"score:{number}:{who}"
