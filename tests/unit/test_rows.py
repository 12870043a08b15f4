"""A class keeps of a report a few kilobytes, and late days change no check."""

from typing import Any

import pytest
from samples import BROKEN, FAILED, PASSED, SKIPPED, check, drawn, raising, report, task, wrong

from grader.course.rows import LATE, graded, late_line, lost, mark, with_late_line
from grader.judging.grading import not_there
from grader.results.course import Lateness, Lost
from grader.results.report import CheckResult


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

    assert [(one.check, one.verdict, one.score, one.points) for one in found] == [
        ("step", PASSED, 2, 2),
        ("later", SKIPPED, 0, 2),
    ]


def test_a_failure_that_a_mistake_explains_keeps_its_name_and_hint() -> None:
    (found,) = marks(wrong())

    assert (found.mistake, found.hint, found.signature) == ("gate order", "Look at the gates.", "")


def test_a_failure_that_none_explains_keeps_a_signature_and_no_hint() -> None:
    (found,) = marks(wrong(mistake=""))

    assert (found.hint, len(found.signature)) == ("", 16)


def test_a_message_without_end_is_cut() -> None:
    (found,) = marks(check(FAILED, message="x" * 10_000))

    assert len(found.message) == 300


@pytest.mark.parametrize("verdict", [PASSED, SKIPPED, BROKEN])
def test_only_a_failure_keeps_its_message(verdict: Any) -> None:
    (found,) = marks(check(verdict, message="words"))

    assert found.message == ""


def test_a_task_that_nobody_handed_in_is_no_failure_to_share() -> None:
    (found,) = marks(check(FAILED, message=f"{not_there('lstm_cell')}."))

    assert found.signature == ""


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
        (late(when=""), "when this was handed in is not known; nothing is taken off."),
        (
            late(days=1, percent=12.5),
            "handed in 2026-10-02 10:00+02:00, 1 day late: "
            "12.5 % of the points reached are taken off, which leaves 35 of 50.",
        ),
        (
            late(percent=33),
            "handed in 2026-10-02 10:00+02:00, 2 days late: "
            "33 % of the points reached are taken off, which leaves 26.8 of 50.",
        ),
    ],
)
def test_the_line_says_what_late_days_cost(lateness: Lateness | None, line: str) -> None:
    assert late_line(40, 50, lateness) == (line and f"Late days: {line}")


def test_the_line_comes_first_among_the_notes() -> None:
    found = with_late_line(report(task(check()), notes=("A note.",)), late())

    assert (found.notes[0].startswith(LATE), found.notes[1:]) == (True, ("A note.",))


def test_the_line_of_an_earlier_run_is_replaced() -> None:
    first = with_late_line(report(task(check())), late())

    assert (with_late_line(first, late(days=3)).notes, with_late_line(first, None).notes) == (
        (late_line(2, 2, late(days=3)),),
        (),
    )


def test_who_is_in_time_has_the_same_report() -> None:
    found = report(task(check()), notes=("A note.",))

    assert with_late_line(found, None) == found
