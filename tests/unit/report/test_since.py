"""A second run says what changed since the last one, if it is about the same work."""

from pathlib import Path

import pytest
from samples import FAILED, SKIPPED, check, drawn, report, task

from grader.report import json
from grader.report.html import submission_page
from grader.report.messages import text
from grader.report.since import last_report, since
from grader.report.terminal import submission_summary
from grader.results.report import CheckResult, Report


def graded(*checks: CheckResult, **fields: object) -> Report:
    return report(task(*checks), **fields)


def test_what_is_right_now_is_named_with_the_points() -> None:
    before = graded(check(FAILED, "gate"), check(SKIPPED, "step"), check(name="loads"))
    now = graded(check(name="gate"), check(name="step"), check(name="loads"))

    assert text(since(before, now)) == (
        "Since the last run: +4 points; now right: “The gate is right”, “The step is right”."
    )


def test_what_is_no_longer_right_is_named_too() -> None:
    before, now = graded(check(name="a"), check(FAILED, "b")), graded(check(FAILED, "a"), check(FAILED, "b"))

    assert text(since(before, now)) == "Since the last run: −2 points; no longer right: “The a is right”."


def test_of_many_changes_some_are_named() -> None:
    before = graded(*(check(FAILED, f"c{n}", 1) for n in range(5)))
    now = graded(*(check(name=f"c{n}", points=1) for n in range(5)))

    assert text(since(before, now)).endswith("“The c2 is right” and 2 more.")


@pytest.mark.parametrize(
    "before",
    [
        None,
        graded(check(FAILED), submission="bob"),
        graded(check(FAILED), provenance={"assignment": "Another"}),
        graded(check(FAILED), check(FAILED, "more")),
        graded(check(), drawn(FAILED, "chart")),
    ],
    ids=["no run", "another student", "another assignment", "other checks", "no change"],
)
def test_nothing_is_said_about_other_work_or_no_change(before: Report | None) -> None:
    assert since(before, graded(check())) is None


def test_the_last_report_is_read_from_its_folder(tmp_path: Path) -> None:
    assert last_report(tmp_path) is None
    (tmp_path / "report.json").write_text(json.render(graded(check())))
    assert last_report(tmp_path) == graded(check())


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, "null"])
def test_a_file_that_is_no_report_is_no_last_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)

    assert last_report(tmp_path) is None


def test_the_terminal_and_the_page_say_it() -> None:
    before, now = graded(check(FAILED)), graded(check())
    changes = since(before, now)

    assert text(changes) in submission_page.render(now, changes)
    assert "Since the last run: +2 points" in submission_summary.render(now, changes)
