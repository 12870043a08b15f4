"""Lateness: what a policy takes off for late days, after all checks are decided."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field

from grader.course.roster import Person
from grader.course.submission_times import committed, newest_file
from grader.errors import UsageError
from grader.results.message import Record
from grader.results.report import Lateness
from grader.toml_files import read_toml


class Policy(Record):
    """What `policy.toml` holds."""

    deadline: AwareDatetime
    percent_per_day: float = Field(ge=0, le=100)
    """Taken off the points reached, per day that has begun."""
    most_percent: float = Field(default=100, ge=0, le=100)
    grace_minutes: float = Field(default=0, ge=0)
    time: Literal["newest file", "git commit", "roster"] = "newest file"
    column: str = "submitted"
    """The column of the roster that holds the time, if `time` says so."""
    extensions: dict[str, AwareDatetime] = {}
    """A later deadline, by id in the roster or by folder."""


def read_policy(path: Path) -> Policy:
    """Return the policy in a file. Raises `UsageError` that names file and key."""
    return read_toml(path, Policy, UsageError)


def lateness(policy: Policy, folder: Path, person: Person | None) -> Lateness | None:
    """Return how late a submission is, None if it is not late. Raises `UsageError`."""
    deadline = policy.extensions.get(folder.name, policy.deadline)
    if person is not None:
        deadline = policy.extensions.get(person.id, deadline)
    when = _TIMES[policy.time](policy, folder, person)
    if when is None:
        return Lateness(when="", days=0, percent=0)
    over = when - deadline - timedelta(minutes=policy.grace_minutes)
    if over <= timedelta():
        return None
    days = math.ceil((when - deadline) / timedelta(days=1))
    percent = min(policy.most_percent, days * policy.percent_per_day)
    written = when.astimezone(policy.deadline.tzinfo or UTC).isoformat(" ", "minutes")
    return Lateness(when=written, days=days, percent=percent)


def _from_roster(policy: Policy, folder: Path, person: Person | None) -> datetime | None:
    if person is None:
        return None
    if policy.column not in person.columns:
        raise UsageError(f"The roster has no column {policy.column!r}, which the policy names.")
    text = person.columns[policy.column]
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} in the roster is no time; write 2026-10-01T18:00+02:00.") from None
    return when if when.tzinfo else when.replace(tzinfo=policy.deadline.tzinfo)


_TIMES: dict[str, Callable[[Policy, Path, Person | None], datetime | None]] = {
    "newest file": lambda policy, folder, person: newest_file(folder),
    "git commit": lambda policy, folder, person: committed(folder),
    "roster": _from_roster,
}
