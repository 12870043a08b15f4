"""Writes `result.json` as Classroom 50 collects it: a test per task, in hundredths of a point.

All its scores are whole numbers, so that a point is 100 there. Its tests cannot have negative points, and a
price belongs to a task as a whole; so a task is a test, and what is told of its checks stands beside.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grader.report.messages import text, told
from grader.report.visible import cut, visible
from grader.results.report import LOADS, CheckResult, Report, TaskResult, counted, is_picture, mark

IDENTITY = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "assignment_type": "ASSIGNMENT_TYPE",
    "owner": "OWNER",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}
"""Which variable of the runner has which field."""
_MOST = 1000
"""Characters of one text."""


def render(report: Report, identity: Mapping[str, str], handed_in: datetime, now: datetime) -> str:
    """Return the result as JSON; `identity` has the fields of `IDENTITY`.

    Bonus points count up to the points of their task, because no score may be above its maximum.
    """
    tests = [_test(task) for task in report.tasks]
    most = sum(test["max-score"] for test in tests)
    reached = sum(test["score"] for test in tests)
    return (
        json.dumps(
            {
                "schema": "classroom50/result/v1",
                **identity,
                "datetime": _moment(handed_in),
                "graded_at": _moment(now),
                "score": round(mark(reached, report.lateness)),
                "max-score": most,
                "tests": tests,
            },
            indent=1,
        )
        + "\n"
    )


def _test(task: TaskResult) -> dict[str, Any]:
    most = _hundredths(task.points)
    score = min(most, _hundredths(task.score))
    checks = [check for check in task.checks if not is_picture(check)]
    return {
        "test-name": _plain(f"{task.task}: {told(task.title)}"),
        "passed": score >= most,
        "score": score,
        "max-score": most,
        "checks": [_check(check, task) for check in checks if task.handed_in or check.check == LOADS],
    }


def _check(check: CheckResult, task: TaskResult) -> dict[str, Any]:
    return {
        "name": _plain(told(check.title)),
        "verdict": check.verdict.value,
        "score": _hundredths(counted(check, task.explanation)),
        "max-score": _hundredths(check.points),
        "message": _plain(text(check.message)),
        "hint": _plain(told(check.hint) or text(check.diagnosis)),
    }


def _hundredths(points: float) -> int:
    return round(points * 100)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(said: str) -> str:
    return cut(" ".join(visible(said).split()), _MOST)
