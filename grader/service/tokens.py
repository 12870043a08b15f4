"""Tokens: secrets that people, programs and workers show. Only digests are stored.

A token is `grade_<id>_<secret>`. It is looked up by its id, and its secret, 256 random bits, is compared in
constant time; so neither the index of the database nor the comparison tells anything about the secret.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from grader.service.database import now
from grader.service.schema import Person, TokenRow

_SHAPE = re.compile(r"grade_([0-9a-f]{16})_([0-9A-Za-z_-]{43})")
DAY = 86400.0


class Kind(StrEnum):
    """What a token is good for, and nothing else."""

    SIGN_IN = "sign-in"  # opens a session in a browser
    SESSION = "session"  # a browser's cookie
    API = "api"  # a program that acts for a person
    WORKER = "worker"  # fetches the files of jobs that run
    TICKET = "ticket"  # opens a session once, after a launch from a learning platform
    CALENDAR = "calendar"  # reads a person's deadlines


DAYS = {
    Kind.SIGN_IN: 180.0,
    Kind.SESSION: 7.0,
    Kind.API: 365.0,
    Kind.WORKER: 365.0,
    Kind.TICKET: 5 / 1440,
    Kind.CALENDAR: 400.0,
}
"""How long each kind is good for if nothing else is said."""


_GOOD = (TokenRow.revoked.is_(None), TokenRow.expires > now())
# Built once, because every request needs it.
_SHOWN = (
    select(TokenRow.digest, TokenRow.label, Person)
    .outerjoin(Person, Person.id == TokenRow.person_id)
    .where(TokenRow.id == bindparam("name"), TokenRow.kind == bindparam("kind"), *_GOOD)
)


@dataclass(frozen=True)
class Shown:
    """A token that was shown and is good."""

    id: str
    person: Person | None
    secret: str
    label: str

    @property
    def csrf(self) -> str:
        """What a form of this session has to hold."""
        return hashlib.sha256(b"form " + self.secret.encode()).hexdigest()


def make(session: Session, kind: Kind, person_id: int | None, label: str = "", days: float = 0) -> str:
    """Store a new token; return it. It cannot be read again."""
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    session.execute(
        insert(TokenRow).values(
            id=name,
            person_id=person_id,
            kind=kind,
            digest=_digest(secret),
            label=label,
            created=now(),
            expires=now() + DAY * (days or DAYS[kind]),
        )
    )
    return f"grade_{name}_{secret}"


def shown(session: Session, text: str, kind: Kind) -> Shown | None:
    """Return whose token `text` is, None if it is none of this kind, or not good any more."""
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        return None
    name, secret = parts.groups()
    found = session.execute(_SHOWN, {"name": name, "kind": kind}).first()
    if found is None or not hmac.compare_digest(found.digest, _digest(secret)):
        return None
    return Shown(name, found.Person, secret, found.label)


def of_person(session: Session, person_id: int) -> list[TokenRow]:
    """Return the good tokens of a person, sessions too, the newest first."""
    wanted = select(TokenRow).where(TokenRow.person_id == person_id, *_GOOD)
    return list(session.scalars(wanted.order_by(TokenRow.created.desc())))


def revoke(session: Session, name: str, person_id: int | None = None) -> bool:
    """End a token, of `person_id` if it is given; return False if there is none."""
    which = [TokenRow.id == name, TokenRow.revoked.is_(None)]
    if person_id is not None:
        which.append(TokenRow.person_id == person_id)
    done = session.execute(update(TokenRow).where(*which).values(revoked=now()).returning(TokenRow.id))
    return done.first() is not None


def revoke_all(session: Session, person_id: int) -> None:
    """End all tokens and sessions of a person."""
    session.execute(
        update(TokenRow)
        .where(TokenRow.person_id == person_id, TokenRow.revoked.is_(None))
        .values(revoked=now())
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def same(given: str, wanted: str) -> bool:
    """Whether two texts are the same, in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def revoke_kind(session: Session, person_id: int, kind: Kind) -> None:
    """End a person's tokens of one kind."""
    which = (TokenRow.person_id == person_id, TokenRow.kind == kind, TokenRow.revoked.is_(None))
    session.execute(update(TokenRow).where(*which).values(revoked=now()))
