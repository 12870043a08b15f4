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

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.errors import GraderError
from grader.service import revisions
from grader.service.archives import Packed, Upload, pack
from grader.service.database import Database, now
from grader.service.files import Files
from grader.service.queue import Priority, enqueue
from grader.service.schema import AssignmentRow, Membership, Person, Revision, SubmissionRow

_BLOCK = 1 << 20
MOST_PER_HOUR = 60
"""Uploads of one person within an hour, whatever an assignment allows."""


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
        _check_open(session, who, row)
        revision = revisions.current(session, row)
    with tempfile.TemporaryDirectory(prefix="grade-") as temporary:
        packed = pack(uploads, revisions.wanted(revision), Path(temporary), revisions.written(revision))
        digest = files.keep(_parts(packed.path))
    with database.write() as session:
        known = _known(session, name)
        if known is not None:
            return known
        return _stored(session, who, row, packed, digest, name)


def _stored(
    session: Session, who: Person, row: AssignmentRow, packed: Packed, digest: str, name: str
) -> Received:
    # Uploads of one person take turns, so that none gets the number of another, and the limit holds.
    session.execute(select(Membership.role).where(Membership.person_id == who.id).with_for_update()).all()
    fresh = session.get_one(AssignmentRow, row.id, populate_existing=True)
    _check_open(session, who, fresh)
    last = session.scalar(
        select(func.max(SubmissionRow.attempt)).where(
            SubmissionRow.assignment_id == row.id, SubmissionRow.person_id == who.id
        )
    )
    submission = SubmissionRow(
        id=name,
        assignment_id=row.id,
        person_id=who.id,
        attempt=(last or 0) + 1,
        received=session.scalar(select(now())),
        upload=digest,
        files=packed.files,
        size=packed.size,
        notes=list(packed.notes),
    )
    session.add(submission)
    session.flush()
    enqueue(session, submission, session.get_one(Revision, fresh.revision_id), Priority.LIVE)
    return Received(name, submission.attempt, submission.received, True)


def left(session: Session, who: Person, row: AssignmentRow) -> int | None:
    """Return how often a person may still hand in, None if there is no limit."""
    if not row.attempts:
        return None
    used = session.scalar(
        select(func.count()).where(SubmissionRow.assignment_id == row.id, SubmissionRow.person_id == who.id)
    )
    return max(0, row.attempts - (used or 0))


def is_open(session: Session, who: Person, row: AssignmentRow) -> bool:
    """Whether a person can hand in once more, whatever the limit per hour says."""
    moment = session.scalar(select(now())) or 0.0
    return (row.closes is None or moment <= row.closes) and left(session, who, row) != 0


def _check_open(session: Session, who: Person, row: AssignmentRow) -> None:
    mine = select(func.count()).where(SubmissionRow.person_id == who.id)
    used = mine.where(SubmissionRow.assignment_id == row.id)
    lately = mine.where(SubmissionRow.received > now() - 3600)
    found = session.execute(
        select(
            now().label("time"),
            used.scalar_subquery().label("used"),
            lately.scalar_subquery().label("lately"),
        )
    ).one()
    if row.closes is not None and found.time > row.closes:
        when = datetime.fromtimestamp(row.closes, UTC).isoformat(" ", "minutes")
        raise Closed(f"This assignment was closed at {when}; nothing more is accepted.")
    if row.attempts and found.used >= row.attempts:
        raise Closed(f"You have handed in {row.attempts} times, which is all that this assignment allows.")
    if found.lately >= MOST_PER_HOUR:
        raise Closed(f"You have handed in {MOST_PER_HOUR} times within an hour; please wait.")


def _known(session: Session, name: str) -> Received | None:
    found = session.get(SubmissionRow, name)
    return None if found is None else Received(found.id, found.attempt, found.received, False)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(_BLOCK):
            yield data
