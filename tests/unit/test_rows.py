"""A class keeps of a report a few kilobytes, and late days change no check."""

from typing import Any

import pytest
from samples import BROKEN, FAILED, PASSED, SKIPPED, check, drawn, raising, report, task, wrong

from grader.course.rows import graded, lost
from grader.report.messages import lateness_message, text
from grader.results.course import Lost
from grader.results.report import CheckResult, Lateness, mark


def late(**fields: Any) -> Lateness:
    return Lateness(**({"when": "2026-10-02 10:00+02:00", "days": 2, "percent": 25} | fields))


def marks(*checks: CheckResult) -> Any:
    return graded(report(task(*checks))).marks


def test_the_sums_are_those_of_the_report() -> None:
    found = graded(report(task(check()), task(check(FAILED), name="gru_cell"), final=False))

    assert (found.score, found.points, found.final, found.tasks, found.submission_digest, found.sandbox) == (
        2, 4, False, {"lstm_cell": 2, "gru_cell": 0}, "b" * 64, "full",
    )  # fmt: skip


def test_every_check_has_a_mark_and_a_picture_has_none() -> None:
    found = marks(check(), check(SKIPPED, "later"), drawn(FAILED))

    assert [(one.result.check, one.result.verdict, one.result.score, one.result.points) for one in found] == [
        ("step", PASSED, 2, 2),
        ("later", SKIPPED, 0, 2),
    ]


def test_a_failure_that_a_mistake_explains_keeps_its_name_and_hint() -> None:
    (found,) = marks(wrong())

    assert (found.result.mistake, found.result.hint, found.signature) == (
        "gate order",
        "Look at the gates.",
        "",
    )


def test_a_failure_that_none_explains_keeps_a_signature_and_no_mistake() -> None:
    (found,) = marks(wrong(mistake=""))

    assert (found.result.mistake, len(found.signature)) == ("", 16)


def test_a_message_without_end_is_cut() -> None:
    (found,) = marks(check(FAILED, message="x" * 10_000))

    assert len(text(found.result.message)) == 300


@pytest.mark.parametrize("verdict", [PASSED, SKIPPED, BROKEN])
def test_only_a_failure_keeps_its_message(verdict: Any) -> None:
    (found,) = marks(check(verdict, message="words"))

    assert found.result.message is None


def test_a_task_that_was_not_handed_in_is_no_failure_to_share() -> None:
    missing = task(check(FAILED, message="There is no file."), handed_in=False)

    assert [one.signature for one in graded(report(missing)).marks] == [""]


def test_whatever_a_submission_did_what_is_kept_stays_small() -> None:
    found = graded(report(task(*[wrong(str(n)) for n in range(20)], output="x" * 60_000)))

    assert len(found.model_dump_json()) < 20 * 500


def test_what_was_not_passed_is_lost() -> None:
    found = lost(graded(report(task(check(), wrong("one"), check(SKIPPED, "two")))))

    assert found == (
        Lost(task="lstm_cell", check="one", verdict=FAILED, score=0, mistake="gate order"),
        Lost(task="lstm_cell", check="two", verdict=SKIPPED, score=0),
    )


def test_what_is_our_fault_is_lost_with_all_its_points() -> None:
    (found,) = lost(graded(report(task(check(BROKEN)))))

    assert (found.verdict, found.score) == (BROKEN, 2)


def test_the_same_exception_has_the_same_signature() -> None:
    one, other = (marks(raising())[0].signature for _ in range(2))

    assert one == other


# Late days


@pytest.mark.parametrize(
    ("score", "lateness", "left"),
    [
        (40, None, 40),
        (40, late(), 30),
        (40, late(percent=100), 0),
        (40, late(percent=0), 40),
        (1 / 3, late(percent=10), 0.3),
    ],
)
def test_late_days_take_a_share_of_what_was_reached(
    score: float, lateness: Lateness | None, left: float
) -> None:
    assert mark(score, lateness) == left


@pytest.mark.parametrize(
    ("lateness", "line"),
    [
        (None, ""),
        (late(when=""), "It is not known when this was handed in; nothing is taken off."),
        (
            late(days=1, percent=12.5),
            "Handed in 2026-10-02 10:00+02:00, 1 day late: "
            "12.5 % of the points reached are taken off, which leaves 35 of 50.",
        ),
        (
            late(percent=33),
            "Handed in 2026-10-02 10:00+02:00, 2 days late: "
            "33 % of the points reached are taken off, which leaves 26.8 of 50.",
        ),
    ],
)
def test_the_line_says_what_late_days_cost(lateness: Lateness | None, line: str) -> None:
    assert text(lateness_message(40, 50, lateness)) == line
