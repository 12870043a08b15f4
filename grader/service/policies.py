"""The rules of an assignment about deadlines, as `policy.toml` writes them, and the clock that they use."""

import tomllib
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from grader.course.lateness import Policy
from grader.service.schema import AssignmentRow


def policy_of(row: AssignmentRow) -> Policy | None:
    """Return the policy of an assignment, None if it has none."""
    return _read(row.policy) if row.policy else None


def clock_of(row: AssignmentRow) -> tzinfo:
    """Return the time zone in which an assignment's times are written: that of its policy, or else UTC."""
    found = policy_of(row)
    return found.clock if found else UTC


def in_words(moment: float, clock: tzinfo) -> str:
    """Return a time, in seconds since 1970, as people read it: `2026-10-01 18:00 CEST`."""
    return datetime.fromtimestamp(moment, clock).strftime("%Y-%m-%d %H:%M %Z")


@lru_cache(maxsize=64)
def _read(text: str) -> Policy:
    return Policy.model_validate(tomllib.loads(text))
