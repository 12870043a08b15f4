"""What a terminal shows of two gradings: whose mark changes, and because of what."""

from typing import Any

import click
import pytest
from samples import FAILED, HOSTILE, PASSED, SKIPPED, UNSEEN, changes, poisoned

from grader.report.numbers import signed_points
from grader.report.terminal.regrade_summary import cause, render
from grader.results.regrade import Cause, Regrade


def lines(compared: Regrade) -> list[str]:
    return click.unstyle(render(compared)).splitlines()


def because(**fields: Any) -> str:
    known = {"task": "t", "check": "c", "title": "C.", "before": PASSED, "after": FAILED, "change": -3}
    return cause(Cause.model_validate(known | fields))


def test_the_first_line_counts_ups_and_downs() -> None:
    assert lines(changes())[0] == "2 of 4 marks change: 1 up, 1 down"


def test_what_else_differs_is_said_first() -> None:
    assert lines(changes())[1] == "Not the same: the seed: 1, then 2"


def test_a_student_has_the_mark_before_and_after() -> None:
    assert lines(changes())[2:4] == ["  ana  2 → 5  +3", "      lstm_cell, step: failed → passed, +3"]


@pytest.mark.parametrize("colour", ["\x1b[32m+3", "\x1b[31m−2.5", "\x1b[90m0"], ids=["up", "down", "same"])
def test_up_is_green_and_down_is_red(colour: str) -> None:
    assert f"{colour}\x1b[0m" in render(changes())


def test_other_files_are_a_reason() -> None:
    found = lines(changes())

    assert found[found.index("  bob  5 → 2.5  −2.5") + 1] == "      handed in other files"


def test_who_is_in_one_grading_only_is_named() -> None:
    assert lines(changes())[-2:] == ["Only before: zoe", "Only after: max"]


def test_where_nothing_changes_it_says_so() -> None:
    assert lines(changes(differences=(), changes=(), only_before=(), only_after=())) == [
        "0 of 4 marks change: 0 up, 0 down"
    ]


def test_three_causes_are_enough() -> None:
    (first, *_) = changes().changes
    many = first.model_copy(update={"causes": first.causes * 5})

    assert [one.strip() for one in lines(changes(changes=(many,))) if "more" in one] == ["and 2 more reasons"]


def test_twenty_students_are_enough() -> None:
    many = changes(changes=changes().changes[:1] * 23)

    assert lines(many)[-3] == "  and 3 more, in compare.html and compare.csv"


def test_twenty_names_are_enough_and_the_beginning_of_each() -> None:
    many = changes(only_after=("x" * 10_000,) * 50)

    assert (len(lines(many)) < 60, lines(many)[-1].endswith(" and 30 more")) == (True, True)


@pytest.mark.parametrize(("value", "text"), [(3, "+3"), (-2.5, "−2.5"), (0, "0"), (0.25, "+0.25")])
def test_a_change_has_its_sign(value: float, text: str) -> None:
    assert signed_points(value) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "t, c: passed → failed, −3"),
        ({"mistake_after": "m"}, "t, c: passed → failed (m), −3"),
        ({"before": None, "after": SKIPPED, "change": 0}, "t, c: absent → skipped"),
        ({"after": None, "change": -1}, "t, c: passed → absent, −1"),
        (
            {"before": FAILED, "change": 0, "mistake_before": "m", "mistake_after": "n"},
            "t, c: failed → failed (m → n)",
        ),
        (
            {"before": FAILED, "change": 0, "mistake_before": "m"},
            "t, c: failed → failed (m → no known mistake)",
        ),
        ({"before": FAILED, "change": 1}, "t, c: failed → failed, +1"),
    ],
)
def test_a_cause_is_said_in_words(fields: dict[str, Any], text: str) -> None:
    assert because(**fields) == text


def test_no_line_is_wider_than_80_columns() -> None:
    assert [one for one in lines(poisoned(changes(), "a word and " * 40)) if len(one) > 80] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_moves_the_cursor_or_turns_the_writing(text: str) -> None:
    shown = click.unstyle(render(poisoned(changes(), text)))

    assert [character for character in shown if character in UNSEEN] == []
