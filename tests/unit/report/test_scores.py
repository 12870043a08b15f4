"""The distribution of a class's scores counts everybody once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.html.scores import histogram


def counts(scores: list[float], possible: float) -> dict[int, int]:
    """Return the columns that are not empty."""
    return {place: one.count for place, one in enumerate(histogram(scores, possible).columns) if one.count}


@pytest.mark.parametrize(
    ("score", "place"),
    [(0, 0), (4.99, 0), (5, 1), (99.9, 19), (100, 19), (95, 19), (94.999, 18), (0.15 * 100, 3), (35.0, 7)],
)
def test_a_score_stands_in_its_column(score: float, place: int) -> None:
    assert counts([score], 100) == {place: 1}


@given(st.lists(st.integers(0, 70).map(lambda n: n * 0.7 / 7), max_size=50))
def test_everybody_is_counted_once(scores: list[float]) -> None:
    assert sum(counts(scores, 7).values()) == len(scores)


def test_an_assignment_without_points_is_drawn_all_the_same() -> None:
    assert counts([0, 0], 0) == {0: 2}


def test_a_class_of_nobody_has_empty_columns() -> None:
    assert [one.height for one in histogram([], 10).columns] == [0] * 20


def test_the_highest_column_reaches_the_top_and_others_are_in_proportion() -> None:
    shown = histogram([0, 0, 0, 0, 9, 9], 10)
    first, last = shown.columns[0], shown.columns[18]

    assert (first.y, first.height, last.height) == (shown.top, 134, 67)


def test_every_column_stands_on_the_axis() -> None:
    shown = histogram([0, 3, 3, 10], 10)

    assert {round(one.y + one.height, 6) for one in shown.columns} == {shown.bottom}


def test_a_column_is_called_by_its_range_and_the_last_one_holds_its_end() -> None:
    columns = histogram([], 50).columns

    assert (columns[0].label, columns[19].label) == ("0 to less than 2.5", "47.5 to 50")


def test_the_axis_has_five_numbers_from_one_end_to_the_other() -> None:
    shown = histogram([], 50)

    assert ([text for _, text in shown.ticks], shown.ticks[0][0], shown.ticks[-1][0]) == (
        ["0", "12.5", "25", "37.5", "50"],
        shown.left,
        shown.width,
    )
