"""What Gradescope reads: only its documented fields, and points that add up, whatever a stranger wrote."""

import json
from typing import Any, NamedTuple

import pytest
from markdown_it import MarkdownIt
from samples import (
    BROKEN,
    FAILED,
    HOSTILE,
    UNSEEN,
    check,
    drawn,
    followed,
    poisoned,
    report,
    right_report,
    task,
    wrong_report,
)

from grader.report import gradescope
from grader.results.message import Message
from grader.results.report import Lateness, Report

WHOLE = {
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": str,
    "test_output_format": str,
    "extra_data": dict,
    "tests": list,
}
TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": str,
    "name": str,
    "number": str,
    "output": str,
    "tags": list,
    "visibility": str,
}
"""The fields of docs/specs.md in gradescope/autograder_samples that are written, with their types."""


class Worth(NamedTuple):
    """A task as its author wrote it."""

    name: str
    title: str
    counted: float


def results(found: Report) -> dict[str, Any]:
    return json.loads(gradescope.render(found))


def by_name(found: Report) -> dict[str, dict[str, Any]]:
    return {test["name"]: test for test in results(found)["tests"]}


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_only_documented_fields_of_the_documented_types_are_written(found: Report) -> None:
    written = results(found)

    assert set(written) <= set(WHOLE)
    assert all(isinstance(written[name], WHOLE[name]) for name in written)
    for test in written["tests"]:
        assert set(test) <= set(TEST)
        assert all(isinstance(test[name], TEST[name]) for name in test)
        assert test.get("status", "passed") in ("passed", "failed")


@pytest.mark.parametrize("found", [right_report(), wrong_report()])
def test_the_points_of_the_tests_add_up_to_the_mark(found: Report) -> None:
    assert sum(test["score"] for test in results(found)["tests"]) == pytest.approx(results(found)["score"])


def test_the_price_of_a_slip_is_a_test_with_negative_points() -> None:
    found = by_name(report(followed()))
    price = found["lstm_cell: what the slip costs"]

    assert price["score"] < 0
    assert price["max_score"] == 0
    assert "Price" in price["output"]


def test_a_check_that_is_right_given_a_slip_counts_and_says_so() -> None:
    given = [
        test
        for test in results(report(followed()))["tests"]
        if "Right apart from that mistake" in test["output"]
    ]

    assert given
    assert all(test["score"] > 0 for test in given)


def test_a_task_that_was_not_handed_in_is_one_test() -> None:
    missing = task(check(FAILED), check(FAILED, "b"), handed_in=False)
    (test,) = results(report(missing))["tests"]

    assert (test["score"], test["max_score"]) == (0, missing.points)
    assert "was not handed in" in test["output"]


def test_a_check_that_nobody_decided_is_neither_passed_nor_failed() -> None:
    found = report(task(check(BROKEN)), final=False)

    assert "status" not in results(found)["tests"][0]
    assert results(found)["extra_data"]["final"] is False


def test_late_days_are_taken_off_the_whole() -> None:
    late = Lateness(when="2026-11-01", days=1, percent=50)

    assert results(report(task(check()), lateness=late))["score"] == 1


def test_pictures_are_no_tests() -> None:
    assert len(results(report(task(check(), drawn())))["tests"]) == 1


@pytest.mark.parametrize("text", [*HOSTILE, UNSEEN])
def test_strange_text_becomes_no_markup_in_a_renderer_of_markdown(text: str) -> None:
    written = results(poisoned(wrong_report(), text))
    renderer = MarkdownIt("commonmark").enable("table")

    for markdown in (written["output"], *(test["output"] for test in written["tests"])):
        page = renderer.render(markdown)
        assert not {"<script", "<img", "<svg", "<a ", 'javascript:alert(1)">'} & set(page.split())
        assert "<script>" not in page
        assert not set(UNSEEN) & set(markdown)


def test_results_without_a_report_have_a_score_and_a_sentence() -> None:
    found = json.loads(gradescope.render_without_report(Message.of("grading_failed")))

    assert found["score"] == 0
    assert "not your fault" in found["output"]


def test_a_hidden_check_and_the_whole_mark_wait_until_marks_are_published() -> None:
    found = results(report(task(check(), check(FAILED, "b", hidden=True))))

    assert [test.get("visibility") for test in found["tests"]] == [None, "after_published"]
    assert "points" not in found["output"]


def test_what_is_said_of_public_checks_tells_nothing_of_hidden_ones_before_they_are_published() -> None:
    found = followed()
    hidden = check(FAILED, "hidden 1", title="Hidden check 1.", hidden=True)
    whole = found.model_copy(update={"checks": (*found.checks, hidden)})
    shown = [test for test in results(report(whole))["tests"] if "visibility" not in test]

    assert [test["tags"][1] for test in shown] == ["passed", "failed", "skipped", "failed"]
    assert "does not explain why" in shown[1]["output"]
    assert "Hidden check" not in json.dumps(shown)
    assert "visibility" not in results(report(found))["tests"][-1]


def test_results_without_a_report_list_what_each_task_is_worth() -> None:
    said = Message.of("sentence", text="It holds <b>.py")
    written = json.loads(gradescope.render_without_report(said, [Worth("lstm_cell", "An LSTM cell", 20)]))
    (listed,) = written["tests"]

    assert (listed["name"], listed["score"], listed["max_score"]) == ("lstm_cell: An LSTM cell", 0, 20)
    assert set(listed) <= set(TEST) and set(written) <= set(WHOLE)
    assert "<b>" not in written["output"]
