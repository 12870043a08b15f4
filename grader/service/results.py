"""Reads results: one submission's report, a person's attempts, and the marks of a class."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.course.identity import HandedIn, folded
from grader.course.lateness import lateness
from grader.course.students import Student
from grader.course.summary import Summary
from grader.judging.deciding import decided
from grader.results.course import ClassResult, Graded, Member, Row, TaskSum
from grader.results.decisions import Decision
from grader.results.message import Message
from grader.results.report import Lateness, Report, mark
from grader.service import decisions, marks
from grader.service.access import Role
from grader.service.marks import Result, parts
from grader.service.policies import policy_of
from grader.service.releases import Releases, What, as_seen, report_as_seen
from grader.service.schema import (
    AssignmentRow,
    Course,
    JobRow,
    Membership,
    Person,
    ResultRow,
    Revision,
    SubmissionRow,
)


@dataclass(frozen=True)
class Attempt:
    """One submission, with its result for a revision if there is one."""

    submission: SubmissionRow
    result: Result | None
    """None also if a student asks, who must not see it yet."""
    lateness: Lateness | None
    later: tuple[str, ...] = ()
    """When a student sees the rest of it; empty if there is no more to be seen."""

    @property
    def is_withheld(self) -> bool:
        """Whether it is graded, and nothing of that is to be seen yet."""
        return self.result is None and bool(self.later)

    @property
    def mark(self) -> float | None:
        """The points after what the policy takes off, None if there are none to be seen."""
        return None if self.result is None else mark(self.result.score, self.lateness)


def result(session: Session, row: AssignmentRow, submission_id: str) -> Result | None:
    """Return the newest result of a submission for the revision that counts."""
    return _results(session, row.revision_id, [submission_id]).get(submission_id)


def counting(
    session: Session, row: AssignmentRow, names: Sequence[str] | None = None
) -> list[tuple[SubmissionRow, Result]]:
    """Return the submissions that count, each person's newest, with their results; or those of `names`."""
    ids = session.scalars(marks.newest_of(row)).all()
    wanted = [one for one in ids if names is None or one in {*names}]
    by_name = _results(session, row.revision_id, wanted)
    found: list[tuple[SubmissionRow, Result]] = []
    for part in parts([*by_name]):
        rows = session.scalars(select(SubmissionRow).where(SubmissionRow.id.in_(part)))
        found += [(one, by_name[one.id]) for one in rows]
    return found


def _results(session: Session, revision_id: int | None, submissions: Sequence[str]) -> dict[str, Result]:
    """Return the newest results for a revision, by submission."""
    newest: dict[str, ResultRow] = {}
    for part in parts(submissions):
        of = (ResultRow.revision_id == revision_id, ResultRow.submission_id.in_(part))
        rows = session.scalars(select(ResultRow).where(*of).order_by(ResultRow.run))
        newest |= {one.submission_id: one for one in rows}
    if not newest:
        return {}
    return marks.with_decisions(session, session.get_one(Revision, revision_id), list(newest.values()))


def report(
    session: Session,
    row: AssignmentRow,
    found: Result,
    late: Lateness | None,
    shown: Releases,
    *,
    whole: bool,
) -> Report:
    """Return the report of a result with what people decided, and how late the submission is.

    It holds the model answers that are released. If not `whole`, it is what students see.
    """
    revision = session.get_one(Revision, found.row.revision_id)
    known = decisions.of_submission(session, row.id, found.row.submission_id)
    asked = marks.questions(revision)
    release = {"id": "shown", "when": "", "by": "", "kind": "release"}
    known += [
        Decision.model_validate({**release, "task": task})
        for task in {one.task for one in asked}
        if shown.is_out(task, What.ANSWERS)
    ]
    read = decided(marks.machine_report(session, found.row), known, asked)
    read = read.model_copy(update={"lateness": late})
    return read if whole else report_as_seen(read, shown)


def attempts(
    session: Session, who: Person, row: AssignmentRow, shown: Releases, *, whole: bool
) -> list[Attempt]:
    """Return what a person handed in, the newest first; if not `whole`, as students see it."""
    submissions = session.scalars(
        select(SubmissionRow)
        .where(SubmissionRow.assignment_id == row.id, SubmissionRow.person_id == who.id)
        .order_by(SubmissionRow.attempt.desc())
    ).all()
    by_submission = _results(session, row.revision_id, [one.id for one in submissions])
    later = extensions(session, row)
    found = []
    for one in submissions:
        known, days = by_submission.get(one.id), late(row, who, one, later)
        if whole or known is None:
            found.append(Attempt(one, known, days))
        else:
            found.append(Attempt(one, as_seen(known, shown), days, shown.later))
    return found


Extensions = Mapping[int, datetime]
"""Later deadlines by the id of a person."""


def late(row: AssignmentRow, who: Person, submission: SubmissionRow, later: Extensions) -> Lateness | None:
    """Return how late a submission is by the assignment's policy, with `extensions`."""
    policy = policy_of(row)
    if policy is None:
        return None
    when = datetime.fromtimestamp(submission.received, UTC)
    handed = HandedIn(Path(), who.login, time=when)
    return lateness(
        policy.model_copy(update={"time": "platform"}), Student(handed, who.login, ""), later.get(who.id)
    )


def deadline(session: Session, row: AssignmentRow, who: Person) -> datetime | None:
    """Return a person's deadline, None if the assignment has none."""
    policy = policy_of(row)
    if policy is None:
        return None
    when = policy.moment(extensions(session, row).get(who.id, policy.deadline))
    return when.astimezone(policy.clock)


def extensions(session: Session, row: AssignmentRow) -> Extensions:
    """Return the later deadlines of the people of a course; the policy names each by login, address or name.

    A login comes first: a name that equals the login of another gets no extension. A key that fits several
    people is for none of them.
    """
    policy = policy_of(row)
    if policy is None or not policy.extensions:
        return {}
    people = people_of(session, row)
    found: dict[int, datetime] = {}
    for key, when in policy.extensions.items():
        who = meant(people, key)
        if who is not None:
            found[who] = max(found.get(who, when), when, key=policy.moment)
    return found


def people_of(session: Session, row: AssignmentRow) -> Sequence[Person]:
    """Return the people of the course, and others who handed in."""
    members = select(Membership.person_id).where(Membership.course_id == row.course_id)
    handed_in = select(SubmissionRow.person_id).where(SubmissionRow.assignment_id == row.id)
    return session.scalars(select(Person).where(Person.id.in_(members) | Person.id.in_(handed_in))).all()


def meant(people: Sequence[Person], key: str) -> int | None:
    """Return the number of the person whom a policy means, None if it fits no person, or several."""
    wanted = folded(key)
    exact = [one.id for one in people if one.login == key]
    by_login = [one.id for one in people if folded(one.login) == wanted]
    by_name = [one.id for one in people if wanted in (folded(one.email), folded(one.name))]
    found = exact or by_login or by_name
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class ClassLine:
    """A person of a course, with the submission that counts: the newest one."""

    person: Person
    submission: SubmissionRow | None
    result: Result | None
    lateness: Lateness | None
    state: str
    """Of the newest job; empty without a submission."""

    @property
    def mark(self) -> float | None:
        """The points after what the policy takes off, None if there is no result."""
        return None if self.result is None else mark(self.result.score, self.lateness)


def class_lines(
    session: Session, course: Course, row: AssignmentRow, revision_id: int | None
) -> list[ClassLine]:
    """Return a line for each student of a course and each other person who handed in, by name."""
    newest = (
        select(SubmissionRow.person_id, func.max(SubmissionRow.attempt).label("attempt"))
        .where(SubmissionRow.assignment_id == row.id)
        .group_by(SubmissionRow.person_id)
        .subquery()
    )
    submissions = {
        one.person_id: one
        for one in session.scalars(
            select(SubmissionRow)
            .join(
                newest,
                (newest.c.person_id == SubmissionRow.person_id) & (newest.c.attempt == SubmissionRow.attempt),
            )
            .where(SubmissionRow.assignment_id == row.id)
        )
    }
    students = select(Membership.person_id).where(
        Membership.course_id == course.id, Membership.role == Role.STUDENT
    )
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(students) | Person.id.in_(submissions))
        .order_by(Person.name, Person.login)
    ).all()
    wanted = [one.id for one in submissions.values()]
    results = _results(session, revision_id, wanted)
    states: dict[str, str] = {}
    for part in parts(wanted):
        jobs = select(JobRow.submission_id, JobRow.state).where(
            JobRow.revision_id == revision_id, JobRow.submission_id.in_(part)
        )
        states |= {name: state for name, state in session.execute(jobs.order_by(JobRow.run))}
    lines, later = [], extensions(session, row)
    for who in people:
        one = submissions.get(who.id)
        found = results.get(one.id) if one else None
        lines.append(
            ClassLine(
                who,
                one,
                found,
                late(row, who, one, later) if one else None,
                states.get(one.id, "") if one else "",
            )
        )
    return lines


def students(session: Session, course: Course) -> frozenset[int]:
    """Return the numbers of the students of a course."""
    members = select(Membership.person_id).where(
        Membership.course_id == course.id, Membership.role == Role.STUDENT
    )
    return frozenset(session.scalars(members))


def class_result(
    session: Session, row: AssignmentRow, revision: Revision, lines: Sequence[ClassLine]
) -> ClassResult:
    """Return the marks of a class as `grade class` would, so that all that reads class.json can be used."""
    summing = Summary()
    rows, sandbox = [], ""
    total = sum(_points(task) for task in revision.tasks)
    for line in lines:
        if line.submission is None:
            continue
        bare = Row(
            folder=line.person.login,
            out=f"../../../submissions/{line.submission.id}",  # from the address of the class page
            id=line.person.login,
            name=line.person.name,
            email=line.person.email,
            attempt=line.submission.attempt,
            points=total,
        )
        if line.result is None:
            problem = Message.of("graders_fault", text="it has no result yet")
            rows.append(bare.model_copy(update={"problem": problem, "out": "", "final": False}))
            continue
        graded = Graded.model_validate_json(zlib.decompress(line.result.graded))
        sandbox = sandbox or graded.sandbox
        whole = summing.row(bare, graded)
        rows.append(whole.model_copy(update={"mark": line.mark, "lateness": line.lateness}))
    names = [str(task["name"]) for task in revision.tasks]
    policy = policy_of(row)
    return ClassResult(
        assignment=revision.title,
        assignment_digest=revision.digest,
        seed=revision.seed,
        sandbox=sandbox,
        versions={},
        points=total,
        tasks=tuple(
            TaskSum(task=str(task["name"]), title=str(task["title"]), points=_points(task))
            for task in revision.tasks
        ),
        students=tuple(rows),
        checks=summing.checks(rows, names),
        mistakes=summing.mistakes(rows),
        rubric=summing.rubric(rows),
        clusters=summing.clusters(rows),
        missing=tuple(
            Member(id=line.person.login, name=line.person.name, email=line.person.email)
            for line in lines
            if line.submission is None
        ),
        policy=policy.facts() if policy else {},
    )


def _points(task: dict[str, object]) -> float:
    points = task["points"]
    assert isinstance(points, int | float)
    return float(points)


def submissions(session: Session, row: AssignmentRow) -> int:
    """Return how many submissions there are, all attempts counted."""
    return session.scalar(select(func.count()).where(SubmissionRow.assignment_id == row.id)) or 0


def count(session: Session, revision_id: int) -> int:
    """Return how many submissions have a result for a revision."""
    wanted = select(func.count(func.distinct(ResultRow.submission_id))).where(
        ResultRow.revision_id == revision_id
    )
    return session.scalar(wanted) or 0
