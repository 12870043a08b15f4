"""Courses, the people in them, and what a person leaves behind."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from grader.course.roster import Person as Listed
from grader.errors import UsageError
from grader.service import tokens
from grader.service.access import Role
from grader.service.database import now
from grader.service.files import Files
from grader.service.schema import (
    AssignmentRow,
    Course,
    Identity,
    JobRow,
    LogEntry,
    Membership,
    Person,
    SubmissionRow,
    TokenRow,
)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST_LOGIN = 200


def valid_name(name: str, what: str) -> str:
    """Return a name that can stand in an address. Raises `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be the name of {what}: use small letters, digits and hyphens.")
    return name


def new_course(session: Session, name: str, title: str) -> Course:
    """Store a course. Raises `UsageError` if there is one of that name."""
    valid_name(name, "a course")
    if session.scalar(select(Course.id).where(Course.name == name)) is not None:
        raise UsageError(f"There is a course {name} already.")
    course = Course(name=name, title=title or name, created=session.scalar(select(now())))
    session.add(course)
    session.flush()
    return course


def course_named(session: Session, name: str) -> Course:
    """Return a course. Raises `UsageError` if there is none."""
    found = session.scalar(select(Course).where(Course.name == name))
    if found is None:
        known = ", ".join(session.scalars(select(Course.name).order_by(Course.name).limit(10))) or "none yet"
        raise UsageError(f"There is no course {name}. There is: {known}.")
    return found


def assignment_named(session: Session, course: Course, name: str) -> AssignmentRow:
    """Return an assignment of a course. Raises `UsageError` if there is none."""
    found = session.scalar(
        select(AssignmentRow).where(AssignmentRow.course_id == course.id, AssignmentRow.name == name)
    )
    if found is None:
        raise UsageError(f"There is no assignment {name} in {course.name}.")
    return found


def person(session: Session, login: str, name: str = "", email: str = "", admin: bool = False) -> Person:
    """Return the person with a login, stored now or earlier; a name and an address that are given count.

    By an address people sign in elsewhere. So if somebody's address changes, what was opened by the old one
    ends; links that were handed out stay good.

    Raises `UsageError` for a login that cannot be one.
    """
    if not login.strip() or len(login) > _LONGEST_LOGIN or not login.isprintable():
        raise UsageError(f"{login!r} cannot be a login.")
    found = session.scalar(select(Person).where(Person.login == login))
    if found is None:
        found = Person(
            login=login, name=name, email=email, admin=admin, created=session.scalar(select(now()))
        )
        session.add(found)
    else:
        if email and found.email and not same_address(email, found.email):
            session.execute(delete(Identity).where(Identity.person_id == found.id))
            for kind in {*tokens.Kind} - {tokens.Kind.SIGN_IN}:
                tokens.revoke_kind(session, found.id, kind)
        found.name, found.email = name or found.name, email or found.email
        found.admin = found.admin or admin
    session.flush()
    return found


def same_address(one: str, other: str) -> bool:
    """Whether two e-mail addresses are the same; letters outside ASCII must be the same as they are."""
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())


def end_access(session: Session, who: Person) -> None:
    """End all links, sessions and tokens of a person, and what they signed in as elsewhere."""
    tokens.revoke_all(session, who.id)
    session.execute(delete(Identity).where(Identity.person_id == who.id))


def person_with(session: Session, login: str) -> Person:
    """Return the person with a login. Raises `UsageError` if there is none."""
    found = session.scalar(select(Person).where(Person.login == login))
    if found is None:
        raise UsageError(f"There is no person with the login {login}.")
    return found


def enrol(session: Session, course: Course, who: Person, role: Role) -> None:
    """Give a person a role in a course."""
    found = session.get(Membership, (course.id, who.id))
    if found is None:
        session.add(Membership(course_id=course.id, person_id=who.id, role=role))
    else:
        found.role = role
    session.flush()


def enrol_roster(session: Session, course: Course, listed: Iterable[Listed]) -> int:
    """Make the people of a roster students of a course; return how many are new in it.

    Somebody who has another role in it keeps that.
    """
    new = 0
    for one in listed:
        who = person(session, one.id, one.name, one.email)
        if session.get(Membership, (course.id, who.id)) is None:
            enrol(session, course, who, Role.STUDENT)
            new += 1
    return new


def storable(text: str) -> str:
    """Return what people wrote as databases take it: without half characters, and zeros for PostgreSQL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()


def note(session: Session, who: int | None, action: str, subject: str) -> None:
    """Write down what somebody did."""
    session.execute(insert(LogEntry).values(at=now(), person_id=who, action=action, subject=subject[:80]))


def erase(session: Session, who: Person) -> list[str]:
    """Delete a person and all that came from them; return the digests of files that nothing needs any more.

    The caller removes these files after the transaction. What the log says of them keeps a number.
    """
    handed_in = select(SubmissionRow.id).where(SubmissionRow.person_id == who.id)
    uploads = set(session.scalars(select(SubmissionRow.upload).where(SubmissionRow.person_id == who.id)))
    session.execute(delete(JobRow).where(JobRow.submission_id.in_(handed_in)))
    session.execute(delete(SubmissionRow).where(SubmissionRow.person_id == who.id))
    session.execute(delete(TokenRow).where(TokenRow.person_id == who.id))
    session.execute(delete(Membership).where(Membership.person_id == who.id))
    session.execute(delete(Person).where(Person.id == who.id))
    kept = set(session.scalars(select(SubmissionRow.upload).where(SubmissionRow.upload.in_(uploads))))
    return sorted(uploads - kept)


def remove_files(files: Files, digests: Sequence[str]) -> None:
    """Remove files that nothing needs."""
    for digest in digests:
        files.remove(digest)


def people_of(session: Session, course: Course) -> list[Person]:
    """Return the people of a course."""
    members = select(Membership.person_id).where(Membership.course_id == course.id)
    return list(session.scalars(select(Person).where(Person.id.in_(members)).order_by(Person.login)))
