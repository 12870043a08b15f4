"""Handing in: what is checked, in which order, and when an upload is acknowledged.

The file is on the disk first. Then the submission and its job are committed together, and only then is the
upload acknowledged. So what was acknowledged has a job or a result, whatever is killed at any time.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, insert, select
from sqlalchemy.orm import Session

from grader.errors import GraderError, UsageError
from grader.service import revisions
from grader.service.archives import Packed, Upload, pack
from grader.service.database import Database, now
from grader.service.files import Files
from grader.service.queue import Priority, Work, enqueue
from grader.service.schema import AssignmentRow, Membership, Person, Revision, SubmissionRow

_BLOCK = 1 << 20
MOST_PER_HOUR = 60
"""Uploads of one person within an hour, whatever an assignment allows."""

# Statements are built once: to build one takes longer than to run it, and a deadline brings many uploads.
_KNOWN = select(SubmissionRow.attempt, SubmissionRow.received).where(SubmissionRow.id == bindparam("name"))
_TURN = select(Membership.role).where(Membership.person_id == bindparam("person")).with_for_update()
_OWN = SubmissionRow.person_id == bindparam("person")
_OF_THIS = and_(_OWN, SubmissionRow.assignment_id == bindparam("assignment"))
_USED = select(func.count()).where(_OF_THIS)
_STATE = (
    select(
        now().label("time"),
        AssignmentRow.name,
        AssignmentRow.closes,
        AssignmentRow.attempts,
        Revision.id.label("revision"),
        Revision.archive,
        Revision.tasks,
        _USED.scalar_subquery().label("used"),
        select(func.max(SubmissionRow.attempt)).where(_OF_THIS).scalar_subquery().label("last"),
        select(func.count())
        .where(_OWN, SubmissionRow.received > now() - 3600)
        .scalar_subquery()
        .label("lately"),
    )
    .outerjoin(Revision, Revision.id == AssignmentRow.revision_id)
    .where(AssignmentRow.id == bindparam("assignment"))
)
_NEW = insert(SubmissionRow)


class Closed(GraderError):
    """Nothing more is accepted."""


@dataclass(frozen=True)
class Received:
    """An upload that was acknowledged."""

    id: str
    attempt: int
    received: float
    new: bool
    """False if the same key came before, and nothing was stored."""


def hand_in(
    database: Database,
    files: Files,
    who: Person,
    row: AssignmentRow,
    uploads: Sequence[Upload],
    key: str = "",
) -> Received:
    """Store a submission and its job; when this returns, both are on the disk.

    `key` is what a program sends again with the same upload after it got no answer. Raises
    `SubmissionError` for what cannot be graded, `Closed`, and `StorageFull`; then nothing is stored.
    """
    name = (
        hashlib.sha256(f"{who.id} {row.id} {key}".encode()).hexdigest()[:32] if key else secrets.token_hex(16)
    )
    with database.read() as session:
        known = _known(session, name)
        if known is not None:
            return known
        tasks = _open(session, who, row).tasks
    with tempfile.TemporaryDirectory(prefix="grade-") as temporary:
        packed = pack(uploads, revisions.wanted(tasks), Path(temporary), revisions.written(tasks))
        digest = files.keep(_parts(packed.path))
    return database.do(lambda session: _stored(session, who, row, packed, digest, name))


def _stored(
    session: Session, who: Person, row: AssignmentRow, packed: Packed, digest: str, name: str
) -> Received:
    known = _known(session, name)
    if known is not None:
        return known
    # Uploads of one person take turns, so that none gets the number of another, and the limit holds.
    session.connection().execute(_TURN, {"person": who.id}).all()
    state = _open(session, who, row)
    attempt = (state.last or 0) + 1
    session.connection().execute(
        _NEW,
        {
            "id": name,
            "assignment_id": row.id,
            "person_id": who.id,
            "attempt": attempt,
            "received": state.time,
            "upload": digest,
            "files": packed.files,
            "size": packed.size,
            "notes": list(packed.notes),
        },
    )
    work = Work(name, who.id, digest, attempt)
    enqueue(session, work, state.revision, state.archive, Priority.LIVE)
    return Received(name, attempt, state.time, True)


def left(session: Session, who: Person, row: AssignmentRow) -> int | None:
    """Return how often a person may still hand in, None if there is no limit."""
    if not row.attempts:
        return None
    used = session.scalar(_USED, {"person": who.id, "assignment": row.id})
    return max(0, row.attempts - (used or 0))


def is_open(session: Session, who: Person, row: AssignmentRow) -> bool:
    """Whether a person can hand in once more, whatever the limit per hour says."""
    moment = session.scalar(select(now())) or 0.0
    return (row.closes is None or moment <= row.closes) and left(session, who, row) != 0


def _open(session: Session, who: Person, row: AssignmentRow) -> Row[Any]:
    """Return what counts for an upload now: a row of `_STATE`. Raises `Closed`, and `UsageError`."""
    wanted = {"person": who.id, "assignment": row.id}
    found = session.connection().execute(_STATE, wanted).one()
    if found.closes is not None and found.time > found.closes:
        when = datetime.fromtimestamp(found.closes, UTC).isoformat(" ", "minutes")
        raise Closed(f"This assignment was closed at {when}; nothing more is accepted.")
    if found.attempts and found.used >= found.attempts:
        raise Closed(f"You have handed in {found.attempts} times, which is all that this assignment allows.")
    if found.lately >= MOST_PER_HOUR:
        raise Closed(f"You have handed in {MOST_PER_HOUR} times within an hour; please wait.")
    if found.revision is None:
        raise UsageError(f"The assignment {found.name} has no revision yet.")
    return found


def _known(session: Session, name: str) -> Received | None:
    found = session.connection().execute(_KNOWN, {"name": name}).first()
    return None if found is None else Received(name, found.attempt, found.received, False)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(_BLOCK):
            yield data
