"""What a terminal shows of a class fits it, and obeys no folder's name."""

import click
import pytest
from samples import BROKEN, HOSTILE, UNSEEN, a_class, poisoned, saying

from grader.report.terminal.class_summary import line, render
from grader.results.course import CheckCount, ClassResult, Lost, Row


def lines(result: ClassResult) -> list[str]:
    return click.unstyle(render(result)).splitlines()


def below(result: ClassResult, title: str) -> list[str]:
    """Return what is listed below a title."""
    found = lines(result)
    rest = found[found.index(f"{title}:") + 1 :]
    return [one.strip() for one in rest[: rest.index("") if "" in rest else None]]


def test_the_first_line_counts() -> None:
    assert lines(a_class())[0] == "3 submissions, 1 with full marks"


def test_scores_are_those_of_who_was_graded() -> None:
    assert lines(a_class())[1] == "score: median 3.75, mean 3.75, 2.5 to 5 of 5"


def test_of_an_odd_number_the_middle_one_is_the_median() -> None:
    rows = tuple(Row(folder=str(score), score=score, points=9) for score in (1, 2, 9))

    assert lines(a_class(students=rows))[1].startswith("score: median 2, mean 4,")


def test_where_nobody_was_graded_there_are_no_scores() -> None:
    nobody = a_class(students=(Row(folder="eve", problem=saying("It is empty.")),))

    assert [one for one in lines(nobody) if one.startswith("score")] == []


@pytest.mark.parametrize(
    ("title", "entries"),
    [
        ("Most points were lost in", ["lstm_cell: A `step` is right. (3 points)"]),
        ("Most frequent mistakes", ["1 × lstm_cell: The gates are in another order"]),
        (
            "The same failure, which no known mistake explains",
            ["2 × lstm_cell, gradient: the same wrong answers"],
        ),
        ("Not graded", ["eve: The folder is empty."]),
        ("In the roster, with no submission", ["9 Zoe"]),
        ("In no roster", ["stranger"]),
        ("To know", ["ana: `x` was left out."]),
    ],
)
def test_what_a_teacher_looks_for_is_listed(title: str, entries: list[str]) -> None:
    assert below(a_class(), title) == entries


def test_what_is_no_folder_is_listed() -> None:
    assert below(a_class(students=a_class().students[:1]), "Left out: of no student") == ["notes.txt"]


def test_of_a_long_list_the_first_forty_are_told() -> None:
    listed = below(a_class(unknown=tuple(f"{n}.txt" for n in range(50))), "In no roster")

    assert (len(listed), listed[39:]) == (41, ["39.txt", "and 10 more, in class.html"])


def test_of_a_long_text_the_beginning_is_told() -> None:
    listed = below(a_class(unknown=("x y " * 10_000,)), "In no roster")

    assert (len(listed) < 9, listed[-1].endswith("… (39600 more characters)")) == (True, True)


def test_an_empty_list_has_no_title() -> None:
    assert [one for one in lines(a_class(unknown=())) if "In no roster" in one] == []


def test_five_checks_are_enough_and_the_hardest_comes_first() -> None:
    checks = tuple(CheckCount(task="t", check=str(n), title=f"c{n}", points=9, lost=n) for n in range(9))

    assert below(a_class(checks=checks), "Most points were lost in") == [
        f"t: c{n} ({n} points)" for n in (8, 7, 6, 5, 4)
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row(folder="ana"), ""),
        (
            Row(folder="ana", final=False, lost=(Lost(task="a", check="b", verdict=BROKEN, score=1),)),
            "Not final: some checks could not be decided, which costs no points.",
        ),
        (
            Row(folder="ana", final=False, waiting=2.5),
            "Not final: 2.5 points of 1 submission wait for a person.",
        ),
    ],
    ids=["final", "broken", "pending"],
)
def test_what_is_not_final_is_said(row: Row, said: str) -> None:
    last = lines(a_class(students=(row,)))[-1]

    assert (last if last.startswith("Not final") else "") == said


def test_no_line_is_wider_than_80_columns() -> None:
    assert [one for one in lines(poisoned(a_class(), "a word and " * 40)) if len(one) > 80] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_moves_the_cursor_or_turns_the_writing(text: str) -> None:
    shown = click.unstyle(render(poisoned(a_class(), text)))

    assert [character for character in shown if character in UNSEEN] == []


# A line while the class is graded


def test_a_line_says_how_far_it_is_and_what_came_of_it() -> None:
    assert line(3, 9, Row(folder="ana", score=2.5, points=5)) == "3/9  ana  2.5 of 5"


def test_a_line_says_what_is_not_final() -> None:
    assert line(3, 9, Row(folder="ana", points=5, final=False)) == "3/9  ana  0 of 5, not final"


def test_a_line_says_why_nothing_was_graded() -> None:
    assert line(3, 9, Row(folder="eve", problem=saying("It is\nempty."))) == "3/9  eve  It is empty."


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_one_line_that_moves_nothing(text: str) -> None:
    shown = [line(1, 1, Row(folder=text)), line(1, 1, Row(folder=text, problem=saying(text)))]

    assert [character for one in shown for character in one if character in f"{UNSEEN}\n"] == []


def test_a_long_name_is_cut() -> None:
    assert len(line(1, 1, Row(folder="x" * 300, score=1, points=1))) < 80


def test_no_folder_gives_an_order_to_a_ci() -> None:
    rows = (Row(folder="::error::no", problem=saying("It is empty.")),)
    found = lines(a_class(students=rows, unknown=("::error::no",), left_out=("::set-output name=x::y",)))

    assert [one for one in found if one.lstrip().startswith("::")] == []


def test_missing_files_are_one_line_and_not_where_points_were_lost() -> None:
    absent = CheckCount(task="gru_cell", check="loads", title="It loads.", points=0, failed=2, behind=20)
    rows = (
        Row(folder="ana", points=5, not_handed_in=("gru_cell", "lstm_cell")),
        Row(folder="bo", points=5, not_handed_in=("gru_cell",)),
    )
    shown = a_class(students=rows, checks=(absent,))

    assert below(shown, "Not handed in") == ["2 × gru_cell, 1 × lstm_cell"]
    assert "Most points were lost in:" not in lines(shown)


def test_a_file_that_cannot_be_imported_is_where_points_were_lost() -> None:
    broken = CheckCount(task="gru_cell", check="loads", title="It loads.", points=0, failed=2, behind=20)
    rows = (Row(folder="ana", points=5, not_handed_in=("gru_cell",)), Row(folder="bo", points=5))

    assert below(a_class(students=rows, checks=(broken,)), "Most points were lost in") == [
        "gru_cell: It loads. (20 points, all of them in checks skipped because of it)"
    ]
