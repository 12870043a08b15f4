"""A result says what a check gave, and why."""

import pytest
from arithmetic import DESCRIPTION, info

from grader.judging import marks
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import CheckResult, Evidence

FAULT = Message.of("no_answer_given")
CHECK = info("step", points=3, hidden="title", bonus=True)
GATE = marks.failed_gate("loads", Message.of("title_loads", file="m.py"), FAULT, Evidence())


@pytest.mark.parametrize(
    ("result", "verdict", "score"),
    [
        (marks.passed(CHECK), "passed", 3),
        (marks.failed(CHECK, FAULT), "failed", 0),
        (marks.failed(CHECK, FAULT, share=2 / 3), "failed", 2),
        (marks.skipped(CHECK, GATE), "skipped", 0),
        (marks.nothing_right(CHECK, [GATE]), "skipped", 0),
        (marks.broken(CHECK, FAULT), "broken", 3),
    ],
)
def test_only_a_fault_of_ours_keeps_the_points_of_a_check_that_is_not_passed(
    result: CheckResult, verdict: str, score: float
) -> None:
    assert (result.verdict.value, result.score, result.points, result.bonus, result.hidden) == (
        verdict, score, 3, True, True,
    )  # fmt: skip


def test_gates_are_worth_nothing_and_what_depends_on_one_names_it() -> None:
    passed = marks.passed_gate("loads", Message.of("title_loads", file="m.py"))
    (skipped,) = marks.skip_all([CHECK], GATE)

    assert (passed.points, GATE.points, passed.verdict.value, GATE.verdict.value) == (
        0,
        0,
        "passed",
        "failed",
    )
    assert GATE.title in text(skipped.message)


def test_if_checks_cannot_be_read_one_stands_for_all_of_them() -> None:
    assert marks.checks_of(DESCRIPTION, "sums", "Sums", 7) == DESCRIPTION.checks
    (whole,) = marks.checks_of(None, "sums", "Sums", 7)

    assert (whole.name, whole.title, whole.points) == ("sums", "Sums", 7)


def test_a_check_with_a_picture_and_no_points_is_only_drawn() -> None:
    plot = {"title": "t", "x": "x", "y": "y"}
    found = [info("p", plot=plot, points=0), info("p", plot=plot), info("p", points=0)]

    assert [marks.is_drawn_only(one) for one in found] == [True, False, False]
