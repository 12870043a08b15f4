"""Releases: from when students see the marks, and the model answers, of each task.

A release is a time. Pages compare it with the database's clock, so one in the future happens by itself. What
a student must not see yet is taken out here, before any page, file or call gets it.
"""

import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.judging.deciding import only
from grader.judging.marks import total
from grader.report.lists import listed
from grader.results.course import Graded
from grader.results.message import Message
from grader.results.report import Report, Verdict
from grader.service.database import now
from grader.service.marks import Result
from grader.service.policies import clock_of, in_words
from grader.service.revisions import LAST_MOMENT, LAST_YEAR
from grader.service.schema import AssignmentRow, ReleaseRow, Revision

SHOWN = 0.0
"""The time of what is shown already."""
_DUE = (ReleaseRow.is_told.is_(False), ReleaseRow.shown_from <= now())


class What(StrEnum):
    """What is released."""

    MARKS = "marks"
    ANSWERS = "answers"


Time = float | None
"""From when something is shown, in seconds since 1970; None until somebody releases it."""
Changes = Mapping[tuple[str, What], Time]
"""Other times, by task and by what is released."""


@dataclass(frozen=True)
class TaskRelease:
    """From when students see what there is about a task."""

    task: str
    title: str
    points: float
    marks: Time
    answers: Time


@dataclass(frozen=True)
class Supposed:
    """Releases that are not stored, and a later moment, for a look at what students will see then."""

    assignment_id: int
    moment: float
    changes: Changes

    @property
    def code(self) -> str:
        """The same for an address."""
        times = [
            f"{task}.{what}.{'never' if when is None else round(when)}"
            for (task, what), when in sorted(self.changes.items())
        ]
        return ";".join([f"{self.assignment_id}.{math.ceil(self.moment)}", *times])

    @classmethod
    def of(cls, code: str) -> "Supposed":
        """Return what `code` says. Raises `UsageError`."""
        first, *others = code.split(";")
        begin = re.fullmatch(r"(\d{1,9})\.(\d{1,12})", first, re.ASCII)
        found = [re.fullmatch(r"(\w+)\.(marks|answers)\.(never|\d{1,12})", one) for one in others]
        if begin is None or None in found:
            raise UsageError("This address is not whole.")
        changes = {
            (one[1], What(one[2])): None if one[3] == "never" else float(one[3])
            for one in found
            if one is not None
        }
        moment = float(begin[2])
        if max(moment, *(when or 0 for when in changes.values()), 0) >= LAST_MOMENT:
            raise UsageError(f"A release is between 1970 and {LAST_YEAR}.")
        return cls(int(begin[1]), moment, changes)


@dataclass(frozen=True)
class Releases:
    """What students see of an assignment at a moment."""

    moment: float
    clock: tzinfo
    tasks: tuple[TaskRelease, ...]
    others: TaskRelease
    """For a task that the revision does not name."""

    def is_out(self, task: str, what: What = What.MARKS) -> bool:
        """Whether students see the marks, or the model answers, of a task."""
        return self.is_past(self.time(task, what))

    def is_past(self, when: Time) -> bool:
        """Whether a time has come."""
        return when is not None and when <= self.moment

    def time(self, task: str, what: What) -> Time:
        """Return from when something is shown."""
        found = next((one for one in self.tasks if one.task == task), self.others)
        return found.marks if what is What.MARKS else found.answers

    @property
    def withheld(self) -> tuple[TaskRelease, ...]:
        """The tasks whose marks students do not see."""
        return tuple(one for one in self.tasks if not self.is_past(one.marks))

    @property
    def nothing(self) -> bool:
        """Whether students see no mark at all."""
        return not any(self.is_past(one.marks) for one in self.tasks or (self.others,))

    @property
    def answers(self) -> tuple[TaskRelease, ...]:
        """The tasks whose model answers students see."""
        return tuple(one for one in self.tasks if self.is_past(one.answers))

    @property
    def later(self) -> tuple[str, ...]:
        """When the other marks are shown, one sentence for each time."""
        by_time: dict[Time, list[str]] = {}
        for one in self.withheld or ((self.others,) if self.nothing else ()):
            by_time.setdefault(one.marks, []).append(one.title)
        whole = self.nothing and len(by_time) == 1
        return tuple(
            f"Marks{'' if whole else f' of {listed(titles)}'} are {self.words(when)}."
            for when, titles in by_time.items()
        )

    def words(self, when: Time) -> str:
        """Return when something is shown: `released on 2026-10-01 18:00 CEST`."""
        if when is None:
            return "not released yet"
        return "released" if self.is_past(when) else f"released on {in_words(when, self.clock)}"


def releases_of(session: Session, row: AssignmentRow, supposed: Supposed | None = None) -> Releases:
    """Return what students see of an assignment now, or with what is supposed about it."""
    revision = session.get(Revision, row.revision_id) if row.revision_id else None
    stored = select(ReleaseRow).where(ReleaseRow.assignment_id == row.id)
    times = {(one.task, What(one.what)): one.shown_from for one in session.scalars(stored)}
    moment = session.scalar(select(now())) or 0.0
    if supposed is not None and supposed.assignment_id == row.id:
        times |= supposed.changes
        moment = max(moment, supposed.moment)
    marks = None if row.withheld else SHOWN
    answers = SHOWN if row.answers_shown else None
    others = TaskRelease("", row.title, 0.0, marks, answers)
    tasks = tuple(
        replace(
            others,
            task=name,
            title=str(task["title"]),
            points=_number(task["points"]),
            marks=times.get((name, What.MARKS), marks),
            answers=times.get((name, What.ANSWERS), answers),
        )
        for task in (revision.tasks if revision else ())
        for name in [str(task["name"])]
    )
    return Releases(moment, clock_of(row), tasks, others)


def _number(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


# Changing them


def version(session: Session, row: AssignmentRow) -> str:
    """Return what tells whether somebody has changed the releases of an assignment since."""
    stored = session.scalars(
        select(ReleaseRow)
        .where(ReleaseRow.assignment_id == row.id)
        .order_by(ReleaseRow.task, ReleaseRow.what)
        .execution_options(populate_existing=True)
    )
    facts = [row.revision_id, row.withheld, row.answers_shown]
    whole = json.dumps([facts, *([one.task, one.what, one.shown_from] for one in stored)])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def checked(found: Releases, changes: Changes) -> Changes:
    """Return changes of tasks that there are. Raises `UsageError`."""
    known = {one.task for one in found.tasks}
    for (task, _), when in changes.items():
        if task not in known:
            raise UsageError(f"There is no task {task!r}.")
        if when is not None and not 0 <= when < LAST_MOMENT:
            raise UsageError(f"A release is between 1970 and {LAST_YEAR}.")
    return changes


def store(session: Session, row: AssignmentRow, changes: Changes) -> None:
    """Store other times, for the tasks that are named."""
    moment = session.scalar(select(now())) or 0.0
    for (task, what), when in changes.items():
        told = when is None or when <= moment
        session.merge(ReleaseRow(assignment_id=row.id, task=task, what=what, shown_from=when, is_told=told))
    session.flush()


def store_for_all(session: Session, row: AssignmentRow, what: What, shown: bool) -> None:
    """Show or hide something of all tasks, those of later revisions as well."""
    session.execute(delete(ReleaseRow).where(ReleaseRow.assignment_id == row.id, ReleaseRow.what == what))
    if what is What.MARKS:
        row.withheld = not shown
    else:
        row.answers_shown = shown
    session.flush()


def come(session: Session) -> list[AssignmentRow]:
    """Return the assignments with marks whose time has come since this was last asked.

    They are locked, so that one process alone gets each.
    """
    rows = session.scalars(select(ReleaseRow).where(*_DUE).with_for_update(skip_locked=True)).all()
    for one in rows:
        one.is_told = True
    session.flush()
    ids = {one.assignment_id for one in rows if one.what == What.MARKS}
    return list(session.scalars(select(AssignmentRow).where(AssignmentRow.id.in_(ids))))


def is_due(session: Session) -> bool:
    """Whether a time has come since `come` was last asked; a look that takes no lock."""
    return session.scalar(select(ReleaseRow.task).where(*_DUE).limit(1)) is not None


# What a student sees


@dataclass(frozen=True)
class Seen:
    """What a student sees of a result in numbers."""

    tasks: Mapping[str, float]
    """Points by task."""
    points: float
    """What can be reached in these tasks."""
    final: bool

    @property
    def score(self) -> float:
        """The points in these tasks."""
        return total(self.tasks.values())


def seen(found: Result, shown: Releases) -> Seen:
    """Return what a student sees of a result."""
    whole = Graded.model_validate_json(zlib.decompress(found.graded))
    tasks = {task: score for task, score in whole.tasks.items() if shown.is_out(task)}
    by_people = {one.task for one in whole.decided if not one.check}
    is_open = any(
        one.result.verdict in (Verdict.PENDING, Verdict.BROKEN)
        for one in whole.marks
        if one.task in tasks and one.task not in by_people
    )
    look_again = any(one.another_look for one in whole.decided if one.task in tasks)
    points = total(one.points for one in shown.tasks if one.task in tasks)
    return Seen(tasks, points, found.final or not (is_open or look_again))


def as_seen(found: Result | None, shown: Releases) -> Result | None:
    """Return a result with the numbers that a student sees, None if that is nothing."""
    if found is None or not shown.withheld:
        return None if shown.nothing else found
    part = seen(found, shown)
    return replace(found, score=part.score, points=part.points, final=part.final) if part.tasks else None


def report_as_seen(report: Report, shown: Releases) -> Report:
    """Return a report on the tasks whose marks students see, which says when the others follow."""
    names = {one.task for one in report.tasks if shown.is_out(one.task)}
    if len(names) == len(report.tasks):
        return report
    kept = only(report, names)
    return kept.model_copy(update={"notes": (*kept.notes, *_notes(report, names, shown))})


def _notes(report: Report, names: Iterable[str], shown: Releases) -> Iterator[Message]:
    for task in report.tasks:
        if task.task in names:
            continue
        when = shown.time(task.task, What.MARKS)
        if not task.handed_in:
            yield Message.of("task_not_handed_in", title=task.title)
        elif when is None:
            yield Message.of("marks_not_released", title=task.title)
        else:
            yield Message.of("marks_released_on", title=task.title, when=in_words(when, shown.clock))
