"""A table that may be too wide for a phone can be reached and scrolled by keyboard."""

import pytest

from grader.report.drawing.tables import Cell, Group, Row, Table


def table(*rows: Row, columns: tuple[str, ...] = ("a",), axis: str = "") -> Table:
    return Table("h", axis, "", columns, (Group("", rows),))


def row(*texts: str, label: str = "") -> Row:
    return Row(label, tuple(map(Cell, texts)))


def test_a_cell_is_right_unless_it_is_said_to_be_wrong() -> None:
    assert (Cell("1").wrong, Cell("1", True).wrong) == (False, True)


def test_a_row_without_a_label_needs_no_place_for_one() -> None:
    assert table(row("1"), row("2")).has_labels is False


def test_one_label_makes_place_for_all() -> None:
    assert table(row("1"), row("2", label="1")).has_labels is True


@pytest.mark.parametrize(
    ("shown", "scrolls"),
    [
        (table(row("1", "2")), False),
        (table(row("x" * 28)), False),
        (table(row("x" * 29)), True),
        (table(row("x" * 20, label="y" * 9)), True),
        (table(row("1"), row(*["0.5000"] * 4)), True),
        (table(row("1"), columns=("x" * 15, "y" * 15)), True),
        (table(row("1"), columns=("x",), axis="y" * 28), True),
        (table(), False),
    ],
)
def test_only_a_wide_table_scrolls(shown: Table, scrolls: bool) -> None:
    assert shown.scrolls is scrolls


def test_the_widest_group_counts() -> None:
    groups = (Group("", (row("1"),)), Group("", (row("x" * 40),)))

    assert Table("h", "", "", ("a",), groups).scrolls is True
