"""Revisions of an assignment: each state of its folder, once its solution passes its own checks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from grader.asking.answer_cache import AnswerCache
from grader.asking.memory_cache import MemoryCache
from grader.assignment.libraries import libraries_of
from grader.assignment.loader import Assignment, read_assignment
from grader.audit.audit import Audit
from grader.course.lateness import read_policy
from grader.errors import AssignmentError, UsageError
from grader.judging.grading import Grader
from grader.report.messages import text
from grader.sandbox.contract import Sandbox
from grader.service import courses
from grader.service.archives import pack_assignment
from grader.service.database import now
from grader.service.files import Files
from grader.service.queue import Priority, enqueue, work_of
from grader.service.schema import AssignmentRow, Course, JobRow, Revision, Stored, SubmissionRow

LAST_YEAR = 9000
"""Of a rule. Years up to 9999 can be written, but not everywhere with an offset, or days, added."""
_MOST_GRACE = 366 * 24 * 60
LAST_MOMENT = datetime(LAST_YEAR, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Rules:
    """What may be set for an assignment; None leaves a rule as it is."""

    policy: Path | None = None
    attempts: int | None = None
    closes: float | None = None


def checked(folder: Path, sandbox: Sandbox, answers: Path) -> Assignment:
    """Return the assignment in a folder. Raises `AssignmentError` if its solution fails a check.

    The answers of the solution and of the known mistakes are then in the cache of the workers.
    """
    found = read_assignment(folder)
    if libraries_of(folder):
        raise AssignmentError(
            f"{folder / 'assignment.toml'}: the service has one sandbox for all courses, so it knows no "
            "libraries =; nothing was stored"
        )
    grader = Grader(
        assignment=found,
        tasks=found.only(()),
        seed=found.seed,
        sandbox=sandbox,
        cache=MemoryCache(AnswerCache(answers)),
    )
    audit = Audit(grader, lambda task, step: None, quick=True)
    for task in grader.tasks:
        problems = audit.check(task).problems
        if problems:
            raise AssignmentError(
                f"{folder}, task {task.name}: {text(problems[0])} Nothing was stored; `grade check {folder}` "
                "says more."
            )
    return found


def add(
    session: Session, course: Course, name: str, found: Assignment, archive: str
) -> tuple[Revision, bool]:
    """Store a state of an assignment; return it, and whether it is new.

    The first one counts at once. A later one counts when it is published.
    """
    courses.valid_name(name, "an assignment")
    row = session.scalar(
        select(AssignmentRow).where(AssignmentRow.course_id == course.id, AssignmentRow.name == name)
    )
    if row is None:
        row = AssignmentRow(course_id=course.id, name=name, title=found.title)
        session.add(row)
        session.flush()
    known = session.scalar(
        select(Revision).where(Revision.assignment_id == row.id, Revision.archive == archive)
    )
    questions = [one.record.model_dump(mode="json") for task in found.written for one in task.questions]
    if known is not None:
        known.questions = questions  # a version before this one did not store them
        return known, False
    last = session.scalar(select(func.max(Revision.number)).where(Revision.assignment_id == row.id)) or 0
    revision = Revision(
        assignment_id=row.id,
        number=last + 1,
        archive=archive,
        digest=found.digest,
        title=found.title,
        seed=found.seed,
        tasks=[
            *(
                {
                    "name": task.name,
                    "title": task.title,
                    "points": task.counted,
                    "wanted": list(task.wanted),
                    "modules": list(task.modules),
                }
                for task in found.tasks
            ),
            *(
                {"name": task.name, "title": task.title, "points": task.counted, "file": task.file}
                for task in found.written
            ),
        ],
        questions=questions,
        created=session.scalar(select(now())),
    )
    session.add(revision)
    session.flush()
    if row.revision_id is None:
        row.revision_id = revision.id
    return revision, True


def keep(files: Files, folder: Path) -> str:
    """Store the folder of an assignment; return the digest of the file that holds it."""
    return files.keep([pack_assignment(folder)])


def set_rules(session: Session, row: AssignmentRow, rules: Rules) -> None:
    """Set the rules that are given. Raises `UsageError` for a policy that cannot be read, or a time that no
    clock shows."""
    if rules.policy is not None:
        found = read_policy(rules.policy).rules
        for key, moment in {"deadline": found.deadline, **found.extensions}.items():
            if not 1970 < moment.year < LAST_YEAR:
                raise UsageError(f"{rules.policy}: {key}: {moment} is not between 1971 and {LAST_YEAR}.")
        if found.grace_minutes > _MOST_GRACE:
            raise UsageError(f"{rules.policy}: grace_minutes: {found.grace_minutes:g} is more than a year.")
        row.policy = rules.policy.read_text(encoding="utf-8")
    if rules.attempts is not None:
        row.attempts = rules.attempts
    if rules.closes is not None:
        if not 0 <= rules.closes < LAST_MOMENT:
            raise UsageError(f"An assignment closes between 1970 and {LAST_YEAR}.")
        row.closes = rules.closes
    session.flush()


def newest(session: Session, row: AssignmentRow) -> Revision | None:
    """Return the revision of an assignment that came last."""
    return session.scalars(
        select(Revision).where(Revision.assignment_id == row.id).order_by(Revision.number.desc()).limit(1)
    ).first()


def current(session: Session, row: AssignmentRow) -> Revision:
    """Return the revision that counts. Raises `UsageError` if there is none yet."""
    found = None if row.revision_id is None else session.get(Revision, row.revision_id)
    if found is None:
        raise UsageError(f"The assignment {row.name} has no revision yet.")
    return found


def regrade(session: Session, row: AssignmentRow, revision: Revision) -> int:
    """Queue every submission that was not graded with a revision yet; return how many."""
    done = select(JobRow.submission_id).where(JobRow.revision_id == revision.id)
    waiting = session.scalars(
        select(SubmissionRow)
        .where(SubmissionRow.assignment_id == row.id, SubmissionRow.id.not_in(done))
        .order_by(SubmissionRow.received)
    ).all()
    for submission in waiting:
        enqueue(session, work_of(submission), revision.id, revision.archive, Priority.REGRADE)
    return len(waiting)


def publish(session: Session, row: AssignmentRow, revision: Revision) -> None:
    """Let the marks of a revision count."""
    if revision.assignment_id != row.id:
        raise UsageError("This revision is of another assignment.")
    session.execute(
        update(AssignmentRow)
        .where(AssignmentRow.id == row.id)
        .values(revision_id=revision.id, title=revision.title)
    )


def wanted(tasks: Iterable[Stored]) -> dict[str, list[str]]:
    """Return the names that the tasks of a revision ask for, by module."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        for module in _names(task.get("modules", [])):
            found[module] = [*found.get(module, []), *_names(task["wanted"])]
    return found


def written(tasks: Iterable[Stored]) -> tuple[str, ...]:
    """Return the files with answers in words that the tasks of a revision ask for."""
    return tuple(str(task["file"]) for task in tasks if "file" in task)


def asked_for(revision: Revision) -> list[str]:
    """Return the names of all files that are asked for."""
    return [*(f"{name}.py" for name in wanted(revision.tasks)), *written(revision.tasks)]


def _names(stored: Any) -> list[str]:
    return [str(name) for name in stored]
