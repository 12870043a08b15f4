"""What `grade check` says in a terminal: first what to mend, at last the score."""

from typing import Any

import click
import pytest
from samples import checked, poisoned

from grader.report.terminal.audit_summary import render
from grader.results.audit import AssignmentAudit, CheckWorth, Guess, MistakeAudit
from grader.results.message import Message


def lines(found: AssignmentAudit) -> list[str]:
    return click.unstyle(render(found)).splitlines()


def said(**fields: Any) -> list[str]:
    """Return what is said about a task that has nothing else to mend."""
    fine: dict[str, Any] = {
        "problems": (), "mistakes": (), "survivors": (), "unused": (), "checks": (), "guesses": (),
    }  # fmt: skip
    found = lines(checked(**(fine | fields)))
    return [one.strip() for one in found[1 : found.index("")]]


def test_a_task_with_nothing_to_mend_is_one_line() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("fields", "mark"), [({}, "✗"), ({"problems": (), "mistakes": (), "survivors": (), "unused": ()}, "✓")]
)
def test_the_first_line_says_whether_something_is_to_mend(fields: dict[str, Any], mark: str) -> None:
    assert lines(checked(**fields))[0] == f"{mark} lstm_cell"


@pytest.mark.parametrize(
    ("extent", "first", "last"),
    [
        ("all", "✗ lstm_cell", "mutation score 50.0 %"),
        ("quick", "✗ lstm_cell", "no mutation score: --quick tries no mutants"),
        ("stopped", "… lstm_cell", "mutation score 50.0 %, so far: the check was stopped"),
    ],
)
def test_what_was_not_tried_is_said(extent: str, first: str, last: str) -> None:
    found = lines(checked(extent=extent, mutants=3))

    assert (found[0], found[-1]) == (first, last)


@pytest.mark.parametrize("extent", ["quick", "stopped"])
def test_without_all_mutants_no_check_is_called_useless(extent: str) -> None:
    idle = CheckWorth(check="idle", points=1, kills=0, alone=0)

    assert said(checks=(idle,), extent=extent) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"problems": (Message.of("answers_change", check="step"),)},
            "the solution answers step differently the second time",
        ),
        (
            {"mistakes": (MistakeAudit(name="m", score=5, caught=False, named=False, named_as=()),)},
            "mistake `m` passes every check",
        ),
        (
            {"mistakes": (MistakeAudit(name="m", score=1, caught=True, named=False, named_as=("n", "o")),)},
            "mistake `m` is caught but named as: n, o",
        ),
        (
            {"mistakes": (MistakeAudit(name="m", score=1, caught=True, named=False, named_as=()),)},
            "mistake `m` is caught but named as: nothing",
        ),
        ({"unused": ("x = 1",)}, "equivalent.toml: no surviving mutant changes `x = 1`"),
        (
            {"checks": (CheckWorth(check="idle", points=1, kills=0, alone=0),)},
            "points for checks that no mistake fails: idle",
        ),
        (
            {"checks": (CheckWorth(check="twin", points=1, kills=2, alone=0),)},
            "checks that catch nothing that others do not catch: twin",
        ),
        (
            {
                "guesses": (
                    Guess(program=Message.of("returns_zero"), score=0.5),
                    Guess(program=Message.of("raises_value_error"), score=0),
                )
            },
            "a program that does nothing but return zero gets 0.5 of 5 points",
        ),
    ],
)
def test_what_is_to_mend_is_a_line(fields: dict[str, Any], words: str) -> None:
    assert said(**fields) == [words]


@pytest.mark.parametrize(
    "check",
    [CheckWorth(check="c", points=0, kills=0, alone=0), CheckWorth(check="c", points=1, kills=3, alone=1)],
)
def test_a_gate_and_a_check_that_pulls_its_weight_need_no_line(check: CheckWorth) -> None:
    assert said(checks=(check,)) == []


def test_a_slip_that_no_check_notices_is_shown_before_and_after() -> None:
    assert said(survivors=checked().tasks[0].survivors) == [
        "a slip that no check catches:",
        "lstm_cell/solution.py:3",
        "- a < b",
        "+ a <= b",
    ]


def test_the_table_counts() -> None:
    head, row = [one.split() for one in lines(checked())[-4:-2]]

    assert dict(zip(head, row, strict=True)) == {
        "task": "lstm_cell", "mistakes": "3", "caught": "2", "named": "1", "mutants": "10", "killed": "8",
        "equiv.": "1",
    }  # fmt: skip


def test_the_last_line_is_the_score() -> None:
    assert lines(checked())[-1] == "mutation score 88.9 %"


def test_where_nothing_was_tried_there_is_no_score() -> None:
    assert lines(checked(mutants=0, survivors=(), equivalent=()))[-1].startswith("no mutation score")


@pytest.mark.parametrize(
    ("fields", "colour"),
    [({}, 31), ({"problems": (), "mistakes": (), "survivors": (), "unused": ()}, 32)],
    ids=["red", "green"],
)
def test_the_colour_of_the_score_says_whether_all_is_well(fields: dict[str, Any], colour: int) -> None:
    assert f"\x1b[{colour}m\x1b[1mmutation score" in render(checked(**fields))


def test_no_sentence_is_wider_than_80_columns() -> None:
    long = poisoned(checked(), "a word and " * 40).tasks[0].model_copy(update={"survivors": (), "task": "t"})

    assert [one for one in lines(checked().model_copy(update={"tasks": (long,)})) if len(one) > 80] == []


def mistake(name: str, **fields: Any) -> MistakeAudit:
    known = {"score": 4, "plain": 1, "price": 1, "caught": True, "named": True, "named_as": (name,)}
    return MistakeAudit(name=name, **(known | fields))


def test_a_mistake_that_only_costs_time_has_no_name_to_be_told() -> None:
    slow = mistake("slow", caught=True, named=False, named_as=(), slow=True)

    assert (slow.is_found, mistake("other", caught=False, named=False, named_as=(), slow=True).is_found) == (
        True,
        False,
    )


def table(*mistakes: MistakeAudit) -> list[str]:
    """Return the lines about what each mistake gets."""
    found = lines(checked(problems=(), mistakes=mistakes, survivors=(), unused=(), checks=(), guesses=()))
    at = next(n for n, line in enumerate(found) if "what one mistake gets" in line)
    return [" ".join(line.split()) for line in found[at + 1 : found.index("", at)]]


def test_each_mistake_gets_a_line_with_its_mark_its_mark_alone_and_its_price() -> None:
    assert table(mistake("m", title="The gates are swapped")) == ["4 (1) −1 The gates are swapped"]


def test_ways_to_make_one_mistake_share_a_line() -> None:
    assert table(mistake("m"), mistake("m", score=3)) == ["3–4 (1) −1 m"]


def test_a_price_that_is_not_written_down_is_marked() -> None:
    assert table(mistake("m", has_price=False)) == [
        "4 (1) −1* m",
        "* not written down: it is the price of a slip",
    ]


def test_a_mistake_that_loses_more_than_half_needs_a_price() -> None:
    dear, fine = mistake("dear", has_price=False), mistake("fine", has_price=False, plain=3)
    agreed = mistake("agreed")

    assert " ".join(said(mistakes=(dear, fine, agreed))) == (
        "these mistakes lose more than half of the task by themselves; decide what each costs, "
        "and write `costs:` into its file: dear"
    )


def test_a_guess_that_gains_by_follow_through_is_to_mend() -> None:
    gained = Guess(program=Message.of("returns_zero"), score=4, gained=3, given=("Nothing is added",))
    found = checked(problems=(), mistakes=(), survivors=(), unused=(), checks=(), guesses=(gained,))

    assert not found.passed
    said = " ".join(" ".join(lines(found)[1:3]).split())
    assert "gains 3 points because the rest is judged given “Nothing is added”" in said
