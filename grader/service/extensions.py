"""Extensions: more time for one student, kept in the policy of an assignment."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service import access, decisions, results, setting_up
from grader.service.access import NotThere
from grader.service.policies import policy_of
from grader.service.schema import AssignmentRow, Course, Person


@dataclass(frozen=True)
class Extension:
    """A later deadline, and for whom it is."""

    key: str
    """What the policy calls the person."""
    person: Person | None
    """None if the key fits no person of the course, or several."""
    until: datetime


def extended(session: Session, row: AssignmentRow) -> list[Extension]:
    """Return the extensions of an assignment in the order of the policy."""
    policy = policy_of(row)
    if policy is None:
        return []
    people = results.people_of(session, row)
    by_id = {one.id: one for one in people}
    return [
        Extension(key, by_id.get(results.meant(people, key) or 0), policy.moment(when))
        for key, when in policy.extensions.items()
    ]


def give(
    session: Session, who: Person, course: Course, row: AssignmentRow, number: int, until: datetime
) -> None:
    """Give a student more time, instead of what he or she had; a time without a zone is one of the policy's.

    Raises `NotThere` for somebody who is no student of the course, and `UsageError`.
    """
    _lock(session, row)
    policy = policy_of(row)
    if policy is None:
        raise UsageError("This assignment has no deadline.")
    students = {one.id: one for one, role in access.members(session, course) if role is access.Role.STUDENT}
    if number not in students:
        raise NotThere(str(number))
    later = policy.moment(until)
    if later <= policy.moment(policy.deadline):
        raise UsageError("An extension has to end after the deadline of all.")
    kept = _others(session, row, number)
    _store(session, who, row, {**kept, students[number].login: later})


def take_back(session: Session, who: Person, row: AssignmentRow, key: str) -> None:
    """Take an extension back, unless somebody else has done so."""
    _lock(session, row)
    policy = policy_of(row)
    if policy is not None and key in policy.extensions:
        _store(session, who, row, {one: when for one, when in policy.extensions.items() if one != key})


def _lock(session: Session, row: AssignmentRow) -> None:
    """Read an assignment anew, and let others wait who give extensions: of two at once, neither is lost."""
    decisions.lock(session, row)
    session.refresh(row)


def _others(session: Session, row: AssignmentRow, number: int) -> dict[str, datetime]:
    found = extended(session, row)
    return {one.key: one.until for one in found if one.person is None or one.person.id != number}


def _store(session: Session, who: Person, row: AssignmentRow, later: Mapping[str, datetime]) -> None:
    known = tomllib.loads(row.policy or "")
    known.pop("extensions", None)
    lines = [f"{name} = {_toml(value)}" for name, value in known.items()]
    lines += ["[extensions]", *(f"{_toml(key)} = {_toml(when)}" for key, when in later.items())]
    setting_up.set_rules(session, who, row, policy="\n".join(lines) + "\n", attempts=None, closes=None)


def _toml(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    # What JSON calls a string TOML does too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
