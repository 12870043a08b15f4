"""The table of changes is safe to be opened as a spreadsheet."""

import csv
import io

import pytest
from samples import HOSTILE, UNSEEN, changes, poisoned

from grader.report.csv.regrade_table import lines
from grader.results.regrade import Regrade


def table(compared: Regrade) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(lines(compared)).removeprefix("\ufeff"))))


def test_the_first_line_names_the_columns() -> None:
    assert next(lines(changes())) == "\ufefffolder,id,name,before,after,change,other files,because of\n"


def test_a_student_is_a_line() -> None:
    assert table(changes())[1] == {
        "folder": "bob", "id": "1", "name": "bob", "before": "5", "after": "2.5", "change": "-2.5",
        "other files": "yes", "because of": "lstm_cell, step: passed → failed (gate order), −2.5",
    }  # fmt: skip


def test_several_causes_stand_beside_each_other() -> None:
    assert table(changes())[2]["because of"].count("; ") == 1


def test_where_nothing_changes_there_is_only_the_first_line() -> None:
    assert table(changes(changes=())) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    rows = table(poisoned(changes(), text))
    cells = [row[name] for row in rows for name in ("folder", "id", "name", "because of")]

    assert [value for value in cells if value.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_invisible_or_turns_the_writing(text: str) -> None:
    written = "".join(lines(poisoned(changes(), text)))

    assert [character for character in written if character in UNSEEN] == []
