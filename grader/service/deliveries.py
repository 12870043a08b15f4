"""What is sent to others: a row each, until it is sent. Nothing here delays grading.

A row is sent at least once: a process that ends between sending it and saying so has it sent again.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from grader.service.database import Database, now
from grader.service.outgoing import Unreachable
from grader.service.schema import Delivery

_LOG = logging.getLogger("grader.service")
MOST_TRIES = 12
_FIRST_SECONDS = 60.0
_LONGEST_SECONDS = 6 * 3600.0
"""Between two tries; twelve take a day and a half."""
_SENDING_SECONDS = 180.0
"""After which another process may send what one has taken."""
_LOOK_SECONDS = 2.0
_LONGEST_PROBLEM = 300
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

Body = dict[str, object]
Send = Callable[["Taken"], None]
"""Sends a row. Raises `Unreachable` if it is to be tried again."""


@dataclass(frozen=True)
class Taken:
    """A row that is being sent."""

    id: int
    lease: str
    kind: str
    person_id: int
    body: Body
    tries: int


def put(session: Session, kind: str, key: str, person_id: int, body: Body) -> None:
    """Store something to be sent in the caller's transaction; news with the same key takes its place."""
    moment = session.scalar(select(now())) or 0.0
    news = {"body": body, "due": moment, "tries": 0, "lease": "", "done": None, "problem": ""}
    is_new = session.execute(
        _INSERT[session.get_bind().dialect.name](Delivery)
        .values(kind=kind, key=key, person_id=person_id, created=moment, **news)
        .on_conflict_do_nothing()
        .returning(Delivery.id)
    ).first()
    if is_new is not None:
        return
    # Locked, and read after that: who has sent the row meanwhile says so before, or after and to no effect.
    row = select(Delivery).where(Delivery.key == key)
    found = session.scalar(row.with_for_update().execution_options(populate_existing=True))
    if found is not None and found.body != body:
        session.execute(update(Delivery).where(Delivery.id == found.id).values(**news))


def put_off(session: Session, kind: str, key: str, person_id: int, body: Body, seconds: float) -> None:
    """Store something to be sent after a quiet time, in the caller's transaction.

    What waits under the same key keeps its body, and waits anew: so of many things that happen one after the
    other, the first one says what it was like before, and one message is sent.
    """
    moment = session.scalar(select(now())) or 0.0
    news = {"due": moment + seconds, "tries": 0, "lease": "", "done": None, "problem": ""}
    insert = _INSERT[session.get_bind().dialect.name](Delivery).values(
        kind=kind, key=key, person_id=person_id, body=body, created=moment, **news
    )
    kept = case((Delivery.done.is_(None), Delivery.body), else_=insert.excluded.body)
    session.execute(insert.on_conflict_do_update(index_elements=[Delivery.key], set_={**news, "body": kept}))


def drop(session: Session, taken: Taken) -> None:
    """Forget a row that is being sent, unless there is news by now."""
    session.execute(delete(Delivery).where(Delivery.id == taken.id, Delivery.lease == taken.lease))


def counts(session: Session) -> dict[str, int]:
    """Return how many rows wait, and how many were given up."""
    waiting = session.scalar(select(func.count()).where(Delivery.done.is_(None))) or 0
    over = Delivery.done.is_not(None), Delivery.problem != ""
    return {"waiting": waiting, "given up": session.scalar(select(func.count()).where(*over)) or 0}


def again(session: Session) -> int:
    """Let all that was given up be tried again; return how many rows that are."""
    found = session.execute(
        update(Delivery)
        .where(Delivery.done.is_not(None), Delivery.problem != "")
        .values(done=None, due=now(), tries=0, lease="")
        .returning(Delivery.id)
    )
    return len(found.all())


class Sender:
    """Sends what is due, by the function for its kind."""

    def __init__(self, database: Database, ways: Mapping[str, Send]) -> None:
        self._database = database
        self._ways = ways

    def run(self, stop: threading.Event, before: Callable[[], None]) -> None:
        """Send until `stop` is set; `before` each row finds out what else is to be sent."""
        while not stop.wait(_LOOK_SECONDS):
            is_one_sent = True
            while is_one_sent and not stop.is_set():
                # Whatever fails: this one thread sends for all courses.
                for step in (before, self.send_one):
                    try:
                        is_one_sent = bool(step())
                    except Exception as error:
                        is_one_sent = False
                        is_away = isinstance(error, SQLAlchemyError)  # the database; it is tried again
                        said = {"error": type(error).__name__}
                        _LOG.warning("nothing is sent", extra=said, exc_info=None if is_away else error)

    def send_one(self) -> bool:
        """Send the row that is due; return False if there is none."""
        taken = self._take()
        if taken is None:
            return False
        try:
            self._ways[taken.kind](taken)
        except Exception as error:
            kind = type(error).__name__
            known = isinstance(error, Unreachable)
            _LOG.warning("not sent", extra={"error": kind}, exc_info=None if known else error)
            self._failed(taken, str(error) if known else kind)
        else:
            self._end(taken, {"done": now(), "problem": ""})
        return True

    def _take(self) -> Taken | None:
        due = (Delivery.done.is_(None), Delivery.due <= now(), Delivery.kind.in_(list(self._ways)))
        with self._database.read() as session:  # a look that takes no lock
            if session.scalar(select(Delivery.id).where(*due).limit(1)) is None:
                return None
        with self._database.write() as session:
            first = select(Delivery).where(*due).order_by(Delivery.due).limit(1)
            row = session.scalar(first.with_for_update(skip_locked=True))
            if row is None:
                return None
            lease, tries = secrets.token_hex(16), row.tries + 1
            session.execute(
                update(Delivery)
                .where(Delivery.id == row.id)
                .values(lease=lease, due=now() + _SENDING_SECONDS, tries=tries)
            )
            return Taken(row.id, lease, row.kind, row.person_id, dict(row.body), tries)

    def _failed(self, taken: Taken, problem: str) -> None:
        wait = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2.0 ** (taken.tries - 1))
        values: dict[str, object] = {"due": now() + wait, "problem": problem[:_LONGEST_PROBLEM]}
        if taken.tries >= MOST_TRIES:
            values["done"] = now()
            _LOG.error("given up", extra={"count": taken.tries})
        self._end(taken, values)

    def _end(self, taken: Taken, values: dict[str, object]) -> None:
        """Say how it went, unless there is news by now or another process has it."""
        with self._database.write() as session:
            which = (Delivery.id == taken.id, Delivery.lease == taken.lease)
            session.execute(update(Delivery).where(*which).values(lease="", **values))
