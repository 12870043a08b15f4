"""Finds the person that somebody is who signed in elsewhere. Only people who are known here get in."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.service import courses
from grader.service.database import now
from grader.service.schema import Identity, Person


def person(session: Session, issuer: str, subject: str, email: str) -> Person | None:
    """Return the person with an identity; at first by the address, which the issuer must have checked.

    None if there is no such person, or if it is not clear who: an address that two people have, or one whose
    owner signed in before as somebody else, fits no person. Who administers this service signs in by a
    link: a provider, or a thief of a mailbox, would administer it otherwise.
    """
    known = known_person(session, issuer, subject)
    if known is not None or not email:
        return None if known is None or known.admin else known
    found = by_email(session, email)
    if found is None or found.admin or not link(session, issuer, subject, found):
        return None
    return found


def known_person(session: Session, issuer: str, subject: str) -> Person | None:
    """Return the person who has had an identity since an earlier sign-in."""
    found = session.get(Identity, (issuer, subject))
    return None if found is None else session.get(Person, found.person_id)


def by_email(session: Session, email: str) -> Person | None:
    """Return the one person with an address; letters outside ASCII must be the same as they are."""
    wanted = email.strip()
    same = Person.email == wanted
    if wanted.isascii():
        same = func.lower(Person.email) == wanted.lower()
    found = session.scalars(select(Person).where(same).limit(2)).all()
    # The databases differ in what `lower` does with letters that are not in ASCII.
    exact = [one for one in found if one.email == wanted or one.email.isascii()]
    return exact[0] if wanted and len(found) == len(exact) == 1 else None


def link(session: Session, issuer: str, subject: str, who: Person) -> bool:
    """Let an identity mean a person from now on; return False if the issuer has another one for them."""
    if session.scalar(
        select(Identity.subject).where(Identity.issuer == issuer, Identity.person_id == who.id)
    ):
        return False
    session.add(
        Identity(issuer=issuer, subject=subject, person_id=who.id, created=session.scalar(select(now())))
    )
    session.flush()
    courses.note(session, who.id, "identity", issuer)
    return True
