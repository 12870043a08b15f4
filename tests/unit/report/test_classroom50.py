"""What Classroom 50 reads: whole numbers, never above their maximum, and nothing but its own fields."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from samples import (
    FAILED,
    HOSTILE,
    UNSEEN,
    check,
    followed,
    poisoned,
    report,
    right_report,
    task,
    wrong_report,
)

from grader.report import classroom50
from grader.results.report import Lateness, Report

IDENTITY = {
    "classroom": "dl",
    "assignment": "rnn",
    "assignment_type": "individual",
    "owner": "ada",
    "submission": "submit/2026-11-01T10-00-00Z-abc",
    "commit": "https://example.org/commit",
    "release": "https://example.org/release",
    "review": "https://example.org/review",
}
FIELDS = {"schema", *IDENTITY, "datetime", "graded_at", "score", "max-score", "tests"}
"""The fields of schemas/result-v1.schema.json in foundation50/classroom50, but for the pusher."""
HANDED_IN = datetime(2026, 11, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def result(found: Report) -> dict[str, Any]:
    return json.loads(classroom50.render(found, IDENTITY, HANDED_IN, NOW))


@pytest.mark.parametrize("found", [right_report(), wrong_report(), report(followed())])
def test_scores_are_whole_numbers_that_add_up_and_are_no_larger_than_their_maximum(found: Report) -> None:
    written = result(found)

    assert set(written) == FIELDS
    for part in (written, *written["tests"]):
        assert isinstance(part["score"], int) and isinstance(part["max-score"], int)
        assert 0 <= part["score"] <= part["max-score"]
    assert written["score"] == sum(test["score"] for test in written["tests"])
    assert written["max-score"] == sum(test["max-score"] for test in written["tests"])


def test_bonus_points_of_one_task_do_not_fill_up_another_one() -> None:
    bonus = task(check(points=3), check(points=2, name="more", bonus=True), points=3)
    found = report(bonus, task(check(FAILED), name="gru_cell"), points=5)
    late = found.model_copy(update={"lateness": Lateness(when="2026-11-02", days=1, percent=10)})

    assert [(one["score"], one["max-score"]) for one in (result(found), result(late))] == [
        (300, 500),
        (270, 500),
    ]


def test_a_point_is_a_hundred() -> None:
    assert result(report(task(check(points=0.25))))["max-score"] == 25


def test_times_are_in_utc() -> None:
    written = result(right_report())

    assert (written["datetime"], written["graded_at"]) == ("2026-11-01T10:00:00Z", "2026-11-02T09:30:00Z")


@pytest.mark.parametrize("text", [*HOSTILE, UNSEEN])
def test_strange_text_is_visible(text: str) -> None:
    written = result(poisoned(wrong_report(), text))

    assert not set(UNSEEN) & set(json.dumps(written, ensure_ascii=False))
