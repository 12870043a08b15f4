"""Lateness: what a policy takes off for late days, after all checks are decided."""

import hashlib
import json
import math
import re
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from grader.course.identity import folded
from grader.course.roster import Person, Roster
from grader.course.students import Student
from grader.course.submission_times import committed, newest_file
from grader.errors import UsageError
from grader.results.message import Message, Record
from grader.results.report import Lateness
from grader.suggestions import nearest
from grader.toml_files import read_toml

_AS = "2026-10-01T18:00:00+02:00"
_SPACED_OFFSET = re.compile(r"(.*\d) ?([+-]\d{2}:?\d{2}|Z|UTC|GMT)", re.IGNORECASE)


class Policy(Record):
    """What `policy.toml` holds."""

    deadline: datetime
    percent_per_day: float = Field(ge=0, le=100)
    """Taken off the points reached, per day that has begun."""
    most_percent: float = Field(default=100, ge=0, le=100)
    grace_minutes: float = Field(default=0, ge=0)
    time: Literal["newest file", "git commit", "roster", "platform"] = "newest file"
    column: str = "submitted"
    """The column of the roster that holds the time, if `time` says so."""
    zone: str = ""
    """The time zone whose days count, as `Europe/Berlin`; empty for the offset of the deadline."""
    extensions: dict[str, datetime] = {}
    """A later deadline, by id, e-mail address, name or folder."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        known = sorted(zoneinfo.available_timezones())
        if name and name not in known:
            near = nearest(name, known) or nearest(name, [one.rpartition("/")[2] for one in known])
            meant = next((one for one in known if near and one.endswith(near)), "")
            hint = f"is {meant!r} meant?" if meant else "write a name such as 'Europe/Berlin'"
            raise ValueError(f"{name!r} is no time zone that this machine knows; {hint}")
        return name

    @field_validator("deadline", "extensions", mode="before")
    @classmethod
    def _with_time(cls, value: Any) -> Any:
        for one in value.values() if isinstance(value, dict) else [value]:
            if isinstance(one, dict):
                raise ValueError('put quotation marks around a key with a dot, as "ana.ruiz"')
            if isinstance(one, date) and not isinstance(one, datetime):
                raise ValueError(f"{one} is a day without a time; write {_AS}")
        return value

    @model_validator(mode="after")
    def _comparable(self) -> "Policy":
        for key, moment in {"deadline": self.deadline, **self.extensions}.items():
            if moment.tzinfo is None and not self.zone:
                raise ValueError(f"{key}: {moment} has no timezone; write {_AS}, or give a `zone`")
        return self

    @cached_property
    def clock(self) -> tzinfo:
        """The time zone in which days are counted."""
        return zoneinfo.ZoneInfo(self.zone) if self.zone else self.deadline.tzinfo or UTC

    def moment(self, written: datetime) -> datetime:
        """Return a time with its zone; one without an offset is a time of the clock."""
        return written if written.tzinfo else written.replace(tzinfo=self.clock)

    def facts(self) -> dict[str, str]:
        """Return what the policy says, for a comparison; of the extensions a digest, not the names."""
        fields = self.model_dump(mode="json", exclude_defaults=True)
        extensions = fields.pop("extensions", {})
        said = {key: str(value) for key, value in fields.items()}
        if extensions:
            digest = hashlib.sha256(json.dumps(extensions, sort_keys=True).encode()).hexdigest()[:8]
            said["extensions"] = f"{len(extensions)} ({digest})"
        return said


@dataclass(frozen=True)
class PolicyFile:
    """A policy, with the places of what it says."""

    path: Path
    rules: Policy
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each extension, by key."""

    def place(self, key: str) -> str:
        """Return where an extension is written."""
        return f"{self.path}, line {self.lines[key]}" if key in self.lines else str(self.path)


def read_policy(path: Path) -> PolicyFile:
    """Return the policy in a file. Raises `UsageError` that names file and key."""
    rules = read_toml(path, Policy, UsageError)
    written = path.read_text(encoding="utf-8").splitlines()
    lines = {
        key: number
        for key in rules.extensions
        for number, line in enumerate(written, 1)
        if re.match(rf"\s*(?:extensions\.)?[\"']?{re.escape(key)}[\"']?\s*=", line)
    }
    found = PolicyFile(path, rules, lines)
    for key, later in rules.extensions.items():
        if rules.moment(later) < rules.moment(rules.deadline):
            raise UsageError(
                f"{found.place(key)}: the extension of {key}, {later}, is earlier than the deadline, "
                f"{rules.deadline}."
            )
    return found


def check_sources(policy: PolicyFile, roster: Roster | None) -> None:
    """Raise `UsageError` if the policy takes times from a roster, and this one does not have them."""
    if policy.rules.time != "roster":
        return
    if roster is None:
        raise UsageError(
            f'{policy.path} takes the times from the roster (`time = "roster"`), and none was given: '
            "add --roster FILE, or choose another `time`."
        )
    known = [title for person in roster.people[:1] for title in person.columns]
    for person in roster.people:
        text = person.column(policy.rules.column)
        if text is None:
            near = nearest(policy.rules.column, known)
            hint = f" Is {near!r} meant?" if near else ""
            raise UsageError(
                f"{roster.path} has no column {policy.rules.column!r}, which {policy.path} names "
                f"for the times. It has {', '.join(known)}.{hint}"
            )
        try:
            read_time(text, policy.rules)
        except ValueError as error:
            raise UsageError(f"{roster.place(person)}: {person}: {error}.") from None


def read_time(text: str, rules: Policy) -> datetime | None:
    """Return the time that a cell holds, None for an empty one. Raises `ValueError`, which says why."""
    if not text:
        return None
    offset = _SPACED_OFFSET.fullmatch(text)
    plain = f"{offset[1]}{'Z' if offset[2].isalpha() else offset[2]}" if offset else text
    try:
        when = datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(f"{text!r} is no time that can be read; write {_AS}") from None
    if len(plain) <= len("2026-10-01"):
        raise ValueError(f"{text!r} is a day without a time; write {_AS}")
    return rules.moment(when)


def deadlines(
    policy: PolicyFile, everybody: Sequence[Student], roster: Roster | None
) -> tuple[dict[Path, datetime], list[Message]]:
    """Return the deadline of each student with an extension, by folder, and what to say about the others.

    Raises `UsageError` if an extension is for an unknown person, or for one of several people. Without a
    roster it may be for somebody who handed in nothing; that is said.
    """
    listed = [*(roster.people if roster else ()), *(p for s in everybody for p in s.people)]
    people = list({person.id: person for person in listed}.values())
    found: dict[Path, datetime] = {}
    said = []
    for key, later in policy.rules.extensions.items():
        folders = [s for s in everybody if key in (s.handed.name, s.name)]
        persons = [p for p in people if key == p.id]
        for compared in (str, folded):
            if not folders and not persons:
                wanted = compared(key)
                folders = [s for s in everybody if wanted in (compared(s.handed.name), compared(s.name))]
                persons = [p for p in people if wanted in map(compared, _names(p))]
        place = f"{policy.place(key)}: extensions.{key}"
        if len(persons) > 1:
            both = " and ".join(map(str, persons[:3]))
            raise UsageError(f"{place}: {both} may be meant; write the id.")
        if len(folders) > 1:
            both = " and ".join(s.name for s in folders[:3])
            raise UsageError(f"{place}: the folders {both} may be meant; write it as it is spelt.")
        theirs = [*folders, *(s for s in everybody if any(p in s.people for p in persons))]
        for student in theirs:
            found[student.folder] = max(found.get(student.folder, later), later, key=policy.rules.moment)
        if not theirs and not persons:
            near = _nearest(key, people, everybody)
            if roster is not None:
                hint = f" Is {near} meant?" if near else ""
                raise UsageError(f"{place}: no person has this id, e-mail address, name or folder.{hint}")
            said.append(Message.of("extension_for_unknown", place=place, near=near))
    return found, said


def _names(person: Person) -> Iterator[str]:
    yield from filter(None, (person.id, person.email, person.name, *person.ids))


def _nearest(key: str, people: Sequence[Person], everybody: Sequence[Student]) -> str:
    names = {name: person.id for person in reversed(people) for name in _names(person)}
    near = nearest(key, [*names, *(student.handed.name for student in everybody)])
    if near is None:
        return ""
    person = next((p for p in people if p.id == names.get(near)), None)
    return f"{near} ({person.name or person.id})" if person and person.name != near else near


def lateness(policy: Policy, student: Student, later: datetime | None = None) -> Lateness | None:
    """Return how late a submission is, None if it is not late; `later` is an extended deadline.

    A day ends when the clock of the policy's time zone shows the time of the deadline again, also on the days
    with 23 and 25 hours.
    """
    deadline = policy.moment(later or policy.deadline)
    when = _TIMES[policy.time](policy, student)
    if when is None:
        return Lateness(when="", days=0, percent=0)
    # Python subtracts times of one zone by what the clock shows; this is time that passed.
    if when.astimezone(UTC) - deadline.astimezone(UTC) <= timedelta(minutes=policy.grace_minutes):
        return None
    shown = _on(policy.clock, when) - _on(policy.clock, deadline)
    days = max(1, math.ceil(shown / timedelta(days=1)))
    percent = min(policy.most_percent, days * policy.percent_per_day)
    written = when.astimezone(policy.clock) if policy.zone or when.tzinfo is UTC else when
    return Lateness(when=written.isoformat(" ", "minutes"), days=days, percent=percent)


def _on(clock: tzinfo, when: datetime) -> datetime:
    """Return what a clock on the wall shows."""
    return when.astimezone(clock).replace(tzinfo=None)


def _from_roster(policy: Policy, student: Student) -> datetime | None:
    times = [read_time(person.column(policy.column) or "", policy) for person in student.people]
    return max((one for one in times if one is not None), default=None)


def _from_platform(policy: Policy, student: Student) -> datetime | None:
    return None if student.handed.time is None else policy.moment(student.handed.time)


_TIMES: dict[str, Callable[[Policy, Student], datetime | None]] = {
    "newest file": lambda policy, student: newest_file(student.folder),
    "git commit": lambda policy, student: committed(student.folder),
    "roster": _from_roster,
    "platform": _from_platform,
}
