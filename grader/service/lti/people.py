"""Whom a platform's person is here, and what they may do in the course that is bound to the platform's."""

import contextlib
import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service import courses, identities
from grader.service.access import Role
from grader.service.database import Database
from grader.service.lti.claims import Member
from grader.service.lti.platforms import people_issuer
from grader.service.lti.services import Services
from grader.service.schema import Course, Membership, Person, Platform, PlatformCourse, PlatformMember
from grader.service.signed import NotAccepted

_OTHER_RIGHTS = "You have rights here that no learning platform gives; sign in with your link."
"""Otherwise who can set an address or an id on a platform would have them too."""


def enrolled(session: Session, platform: Platform, bound: PlatformCourse, member: Member) -> Person:
    """Return the person that somebody of a platform's course is; a role that is held here already stays.

    Raises `NotAccepted` for a person whom the platform cannot speak for, or without a role in the course.
    """
    who = _person(session, platform, member)
    if who.admin or (platform.people != "new" and not _speaks_for(session, platform, who)):
        raise NotAccepted(_OTHER_RIGHTS)
    if session.get(Membership, (bound.course_id, who.id)) is None:
        if member.role is None:
            raise NotAccepted("The platform gives you no role in this course.")
        courses.enrol(session, session.get_one(Course, bound.course_id), who, member.role)
        courses.note(session, who.id, f"enrolled as {member.role}", f"platform {platform.name}")
    if session.get(PlatformMember, (bound.id, who.id)) is None:
        session.add(PlatformMember(platform_course_id=bound.id, person_id=who.id))
        session.flush()
    return who


def from_platforms(database: Database, services: Services, course: Course) -> int:
    """Enrol the members of the courses of platforms that are this one; return how many are new in it.

    No person is removed: what they handed in stays to be seen. Raises `UsageError` if no platform has told
    where its members are listed, and `Unreachable`.
    """
    with database.read() as session:
        bound = session.execute(
            select(Platform, PlatformCourse)
            .join(PlatformCourse, PlatformCourse.platform_id == Platform.id)
            .where(PlatformCourse.course_id == course.id, PlatformCourse.memberships_url != "")
        ).all()
    if not bound:
        raise UsageError("No learning platform has told yet where the members of this course are listed.")
    new = 0
    for platform, there in bound:
        # All of them first: no one else waits for the database while a platform is slow.
        members = list(services.members(platform, there.memberships_url))
        with database.write() as session:
            before = len(courses.people_of(session, course))
            for member in members:
                if member.role is not None:
                    with contextlib.suppress(NotAccepted):  # somebody whom the platform cannot speak for
                        enrolled(session, platform, there, member)
            new += len(courses.people_of(session, course)) - before
    return new


def _person(session: Session, platform: Platform, member: Member) -> Person:
    issuer = people_issuer(platform)
    known = identities.known_person(session, issuer, member.subject)
    if known is not None:
        return known
    found = _listed(session, platform, member)
    if found is None:
        found = _new(session, platform, member)
    elif not _speaks_for(session, platform, found):
        raise NotAccepted(_OTHER_RIGHTS)
    if not identities.link(session, issuer, member.subject, found):
        raise NotAccepted("Another account of this platform is this person here; ask your instructor.")
    return found


def _speaks_for(session: Session, platform: Platform, who: Person) -> bool:
    """Whether a platform may say who somebody is: no administrator, no staff of a course that is not its."""
    bound = select(PlatformCourse.course_id).where(PlatformCourse.platform_id == platform.id)
    elsewhere = select(Membership.course_id).where(
        Membership.person_id == who.id, Membership.role != Role.STUDENT, Membership.course_id.not_in(bound)
    )
    return not who.admin and session.scalar(elsewhere.limit(1)) is None


def _listed(session: Session, platform: Platform, member: Member) -> Person | None:
    if platform.people == "email":
        return identities.by_email(session, member.email)
    if platform.people == "sourcedid" and member.sourcedid:
        return session.scalar(select(Person).where(Person.login == member.sourcedid))
    return None


def _new(session: Session, platform: Platform, member: Member) -> Person:
    digest = hashlib.sha256(member.subject.encode()).hexdigest()[:12]
    login = f"{platform.name}-{digest}"
    if platform.people == "sourcedid" and member.sourcedid.strip() and member.sourcedid.isprintable():
        login = member.sourcedid
    # An address that the operator does not trust stays away: by it somebody else may sign in elsewhere.
    email = member.email if platform.people == "email" else ""
    return courses.person(session, login, member.name, email)
