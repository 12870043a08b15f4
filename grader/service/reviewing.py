"""Several people review a class: who decides about what, and who is looking at which answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.review.sources import About, Looked
from grader.service import access, calibrating, courses, decisions, marks
from grader.service.access import ALLOWED, May, NotThere
from grader.service.database import Database, now
from grader.service.schema import AssignmentRow, Course, Grader, Looking, Person, Revision

_SILENT_SECONDS = 30
"""After which a page that says nothing more counts as closed; it speaks every ten."""


@dataclass(frozen=True)
class Part:
    """What graders can be assigned to: a question in words, or a task of code."""

    task: str
    check: str
    """Empty for a task of code."""
    title: str

    @property
    def about(self) -> About:
        """What it is called in decisions."""
        return self.task, self.check


def parts(session: Session, row: AssignmentRow) -> list[Part]:
    """Return what graders of an assignment can be assigned to: questions first."""
    revision = session.get(Revision, row.revision_id or 0)
    if revision is None:
        return []
    asked = [Part(one.task, one.check, one.title) for one in marks.questions(revision)]
    code = [Part(str(one["name"]), "", str(one["title"])) for one in revision.tasks if not one.get("file")]
    return [*asked, *code]


def deciders(session: Session, course: Course) -> list[Person]:
    """Return the people of a course who may decide, by login."""
    return [one for one, role in access.members(session, course) if May.DECIDE in ALLOWED[role]]


def graders(session: Session, course: Course, row: AssignmentRow) -> dict[About, list[Person]]:
    """Return who is to decide about what; people who may not decide any more are left out."""
    allowed = {one.id: one for one in deciders(session, course)}
    found: dict[About, list[Person]] = {}
    rows = session.scalars(select(Grader).where(Grader.assignment_id == row.id))
    for one in sorted(rows, key=lambda one: one.person_id):
        if one.person_id in allowed:
            found.setdefault((one.task, one.check), []).append(allowed[one.person_id])
    return found


def assign(
    session: Session,
    who: Person,
    course: Course,
    row: AssignmentRow,
    assigned: Mapping[About, Iterable[int]],
) -> None:
    """Say who is to decide about what, by the numbers of people. What is not named stays as it is.

    Raises `UsageError` for a person who may not decide, and `NotThere` for a question that there is not.
    """
    known = {one.about for one in parts(session, row)}
    allowed = {one.id for one in deciders(session, course)}
    decisions.lock(session, row)
    for about, people in assigned.items():
        if about not in known:
            raise NotThere(str(about))
        wanted = {*people}
        if not wanted <= allowed:
            raise UsageError("Only people of the course who may decide can be assigned.")
        task, check = about
        of = (Grader.assignment_id == row.id, Grader.task == task, Grader.check == check)
        session.execute(delete(Grader).where(*of))
        session.add_all(
            Grader(assignment_id=row.id, person_id=one, task=task, check=check) for one in sorted(wanted)
        )
    session.flush()
    courses.note(session, who.id, "graders", f"assignment {row.id}")


def looking(session: Session, row: AssignmentRow) -> list[tuple[Looking, Person]]:
    """Return who has which answer open now."""
    found = session.execute(
        select(Looking, Person)
        .join(Person, Person.id == Looking.person_id)
        .where(Looking.assignment_id == row.id, Looking.seen > now() - _SILENT_SECONDS)
        .order_by(Person.name, Person.login)
    )
    return [(one[0], one[1]) for one in found]


@dataclass(frozen=True)
class ClassColleagues:
    """Who else reviews an assignment, for `grader.review`."""

    database: Database
    course: Course
    row: AssignmentRow
    who: Person

    def own(self) -> frozenset[About]:
        """Return what the reviewer is to decide about."""
        return frozenset(about for about, people in self._graders().items() if self.who.id in people)

    def graders(self) -> dict[About, Sequence[str]]:
        """Return the names of those who are to decide, by what it is about."""
        return {about: list(people.values()) for about, people in self._graders().items()}

    def looking(self) -> dict[About, Sequence[str]]:
        """Return the names of others who are looking at answers now, by what these are about."""
        with self.database.read() as session:
            others = _others(session, self.row, self.who)
            names = self._names(session, [person for _, person in others])
        found: dict[About, Sequence[str]] = {}
        for one, person in others:
            about = one.task, one.check
            found[about] = [*found.get(about, ()), names[person.id]]
        return found

    def calibrations(self) -> Sequence[tuple[str, str]]:
        """Return calibrations that wait for the reviewer: address and words."""
        with self.database.read() as session:
            return [
                (f"/calibrations/{one.number}", one.words)
                for one in calibrating.waiting(session, self.who, [self.row.id])
            ]

    def look(self, about: About, at: str, choose: Sequence[str]) -> Looked:
        """Say which answer the reviewer has open: `at`, or the first of `choose` at which no other looks."""
        task, check = map(courses.storable, about)
        with self.database.write() as session:
            decisions.lock(session, self.row)
            others: dict[str, list[Person]] = {}
            for one, person in _others(session, self.row, self.who):
                if (one.task, one.check) == (task, check):
                    others.setdefault(one.answer, []).append(person)
            answer = at or next((one for one in choose if one not in others), "")
            self._keep(session, task, check, answer, was_left=not (at or choose))
            names = self._names(session, [person for people in others.values() for person in people])
        return Looked(answer, {one: [names[who.id] for who in people] for one, people in others.items()})

    def _keep(self, session: Session, task: str, check: str, answer: str, was_left: bool) -> None:
        is_silent = Looking.seen <= now() - _SILENT_SECONDS
        # Another page of the same person may be open by now: that one stays.
        is_this = (Looking.person_id == self.who.id) & (Looking.task == task) & (Looking.check == check)
        is_over = or_(is_silent, is_this) if was_left else is_silent
        session.execute(delete(Looking).where(Looking.assignment_id == self.row.id, is_over))
        if answer:
            moment = session.scalar(select(now()))
            known = {"assignment_id": self.row.id, "person_id": self.who.id}
            session.merge(Looking(**known, task=task, check=check, answer=answer, seen=moment))
            session.flush()

    def _graders(self) -> dict[About, dict[int, str]]:
        with self.database.read() as session:
            found = graders(session, self.course, self.row)
            names = self._names(session, ())
        return {about: {one.id: names[one.id] for one in people} for about, people in found.items()}

    def _names(self, session: Session, others: Iterable[Person]) -> dict[int, str]:
        return decisions.names([*deciders(session, self.course), *others])


def _others(session: Session, row: AssignmentRow, who: Person) -> list[tuple[Looking, Person]]:
    return [(one, person) for one, person in looking(session, row) if person.id != who.id]
