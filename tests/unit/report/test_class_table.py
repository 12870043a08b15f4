"""The table of a class is safe to be opened as a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, UNSEEN, a_class, poisoned, saying

from grader.report.csv.class_table import cell, line, lines
from grader.results.course import ClassResult, Member, Row
from grader.results.report import Lateness


def hostile(text: str) -> ClassResult:
    """Return a class with this text everywhere but in the names of its tasks, which are the author's."""
    return poisoned(a_class(), text).model_copy(update={"tasks": a_class().tasks})


LATE = "Handed in 2026-10-02, 1 day late: 10 % of the points reached are taken off, which leaves 2.25 of 5."


def table(result: ClassResult, **folders: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines(result, folders)).removeprefix("\ufeff"))))


def test_the_first_line_names_the_columns() -> None:
    assert next(lines(a_class(), {})) == (
        "\ufefffolder,id,name,email,score,points,mark,lstm_cell,final,note,report\n"
    )


def test_a_student_is_a_line() -> None:
    assert next(iter(table(a_class()))) == {
        "folder": "ana", "id": "1", "name": "Ana", "email": "a@x", "score": "2.5", "points": "5",
        "mark": "2.25", "lstm_cell": "2.5", "final": "yes", "note": LATE, "report": "ana/report.html",
    }  # fmt: skip


def test_who_could_not_be_graded_has_a_line_that_says_why() -> None:
    row = table(a_class())[2]

    assert (row["folder"], row["score"], row["note"], row["report"]) == (
        "eve",
        "0",
        "The folder is empty.",
        "",
    )


def test_a_mark_that_is_not_final_is_called_so() -> None:
    assert [row["final"] for row in table(a_class())] == ["yes", "no", "yes", "yes"]


def test_who_handed_in_nothing_has_a_line_without_points() -> None:
    row = table(a_class())[-1]

    assert (row["id"], row["name"], row["email"], row["score"], row["points"], row["note"]) == (
        "9", "Zoe", "z@x", "0", "5", "Nothing was handed in.",
    )  # fmt: skip


def test_a_group_has_a_line_for_each_person() -> None:
    bob = Member(id="2", name="Bob", email="", further={"Tutor": "=Kim"})
    ana = Row(folder="team", id="1", name="Ana", score=3, mark=3, others=(bob,), further={"Tutor": "Jo"})
    found = table(a_class(students=(ana,), missing=(), further=("Tutor",)))

    assert [(row["folder"], row["id"], row["mark"], row["Tutor"]) for row in found] == [
        ("team", "1", "3", "Jo"),
        ("team", "2", "3", "'=Kim"),
    ]


def test_a_column_of_the_roster_with_a_name_of_ours_is_told_apart() -> None:
    assert next(lines(a_class(further=("mark", "@x")), {})).endswith(",report,mark (roster),'@x\n")


def test_who_has_an_alias_is_found_by_the_folder() -> None:
    assert table(a_class(), ana="the real folder")[0]["folder"] == "the real folder"


def test_a_task_that_was_not_graded_counts_nothing() -> None:
    assert [row["lstm_cell"] for row in table(a_class())] == ["2.5", "5", "0", "0"]


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "\u00a0=1", "\u3000@x", "＝1", "＋1", "－1", "＠x", "\t"],
)
def test_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text)[0] == "'"


@pytest.mark.parametrize("separator", [";", "; ", ",", "|", ";;", ';"', ';" '])
@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
def test_what_begins_a_cell_after_another_separator_is_no_formula(separator: str, sign: str) -> None:
    assert cell(f"Ana{separator}{sign}1") == f"Ana{separator}'{sign}1"


@pytest.mark.parametrize("text", ["", "ana", "a;b", "Ann-Lee, x", "a=1", "Zoé", "1", "(x)", "'x"])
def test_harmless_text_is_left_as_it_is(text: str) -> None:
    assert cell(text) == text


@given(st.text())
def test_no_text_at_all_is_a_formula(text: str) -> None:
    shown = cell(text)

    assert shown.lstrip()[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_invisible_or_turns_the_writing(text: str) -> None:
    written = "".join(lines(hostile(text), {}))

    assert [character for character in written if character in UNSEEN] == []


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=5))
def test_any_cells_come_back_from_a_line(cells: list[str]) -> None:
    safe = [cell(text) for text in cells]

    assert list(csv.reader(io.StringIO(line(safe), newline=""))) == [safe]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_line_or_column_of_its_own(text: str) -> None:
    rows = list(csv.reader(io.StringIO("".join(lines(hostile(text), {})))))

    assert [len(row) for row in rows] == [11] * 5


def test_notes_stand_beside_each_other() -> None:
    late = Lateness(when="", days=0, percent=0)
    row = Row(folder="ana", problem=saying("One."), lateness=late)

    assert table(a_class(students=(row,)))[0]["note"] == (
        "One. It is not known when this was handed in; nothing is taken off."
    )
