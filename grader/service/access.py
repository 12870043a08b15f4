"""Who may do what: one table, which every page and every call of the API asks."""

from enum import StrEnum

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from grader.service.schema import AssignmentRow, Course, Membership, Person, SubmissionRow


class Role(StrEnum):
    """What a person is in a course."""

    STUDENT = "student"
    ASSISTANT = "assistant"
    INSTRUCTOR = "instructor"


class May(StrEnum):
    """What a person may do in a course."""

    HAND_IN = "hand in"
    SEE_CLASS = "see the class"  # and every submission in it
    ANSWER = "answer requests"
    DECIDE = "decide"  # about answers in words, and what the machine found
    MANAGE = "manage"  # release, re-grade, publish, export, tokens


ALLOWED = {
    Role.STUDENT: {May.HAND_IN},
    Role.ASSISTANT: {May.HAND_IN, May.SEE_CLASS, May.ANSWER, May.DECIDE},
    Role.INSTRUCTOR: set(May),
}


# Built once, because every upload and most pages need them.
_HELD = and_(Membership.course_id == Course.id, Membership.person_id == bindparam("person"))
_ASSIGNMENT = (
    select(Course, AssignmentRow, Membership.role)
    .outerjoin(
        AssignmentRow, and_(AssignmentRow.course_id == Course.id, AssignmentRow.name == bindparam("name"))
    )
    .outerjoin(Membership, _HELD)
    .where(Course.name == bindparam("course"))
)
_SUBMISSION = (
    select(SubmissionRow, AssignmentRow, Course, Membership.role)
    .join(AssignmentRow, AssignmentRow.id == SubmissionRow.assignment_id)
    .join(Course, Course.id == AssignmentRow.course_id)
    .outerjoin(Membership, _HELD)
    .where(SubmissionRow.id == bindparam("name"))
)


class NotThere(LookupError):
    """There is no such thing, or this person must not know that there is."""


class Refused(PermissionError):
    """The person may see this, but not do that."""


def role(session: Session, person: Person, course_id: int) -> Role | None:
    """Return what a person is in a course; who administers the service is an instructor in all."""
    if person.admin:
        return Role.INSTRUCTOR
    found = session.scalar(
        select(Membership.role).where(Membership.course_id == course_id, Membership.person_id == person.id)
    )
    return None if found is None else Role(found)


def course(session: Session, person: Person, name: str, need: May | None = None) -> tuple[Course, Role]:
    """Return a course and the person's role in it. Raises `NotThere`, or `Refused` without the right."""
    found = session.scalar(select(Course).where(Course.name == name))
    return _allowed(found, role(session, person, found.id) if found else None, need)


def assignment(
    session: Session, person: Person, course_name: str, name: str, need: May | None = None
) -> tuple[Course, AssignmentRow, Role]:
    """Return an assignment of a course, as `course` does."""
    wanted = {"course": course_name, "name": name, "person": person.id}
    found = session.execute(_ASSIGNMENT, wanted).first()
    whole, row, held = found or (None, None, None)
    allowed, held = _allowed(whole, Role.INSTRUCTOR if person.admin else held, need)
    if row is None:
        raise NotThere(name)
    return allowed, row, held


def submission(
    session: Session, person: Person, name: str, need: May | None = None
) -> tuple[Course, AssignmentRow, SubmissionRow, Role]:
    """Return a submission: the person's own, or anybody's for those who see the class."""
    found = session.execute(_SUBMISSION, {"name": name, "person": person.id}).first()
    if found is None:
        raise NotThere(name)
    row, of, whole, held = found
    held = Role.INSTRUCTOR if person.admin else held
    if held is None or not (row.person_id == person.id or May.SEE_CLASS in ALLOWED[Role(held)]):
        raise NotThere(name)
    _, held = _allowed(whole, held, need)
    return whole, of, row, held


def members(session: Session, course: Course) -> list[tuple[Person, Role]]:
    """Return the people of a course with their roles, by login."""
    found = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course.id)
        .order_by(Person.login)
    )
    return [(one[0], Role(one[1])) for one in found]


def member(session: Session, course: Course, login: str) -> Person:
    """Return a person of a course. Raises `NotThere`."""
    found = session.scalar(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.course_id == course.id, Person.login == login)
    )
    if found is None:
        raise NotThere(login)
    return found


def _allowed(found: Course | None, held: str | None, need: May | None) -> tuple[Course, Role]:
    if found is None or held is None:
        raise NotThere()
    if need is not None and need not in ALLOWED[Role(held)]:
        raise Refused(need)
    return found, Role(held)
