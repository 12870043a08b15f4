"""A chart shows the numbers as they are, in coordinates, in words and in a table."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import picture

from grader.report.drawing.charts import Chart, chart
from grader.results.report import Line, Picture


def of(*lines: Line, **fields: object) -> Chart:
    return chart(picture(lines=lines, **fields), "lstm_cell, norms")


def line(*actual: float | None, name: str = "tanh", **fields: object) -> Line:
    return Line(**({"name": name, "expected": None, "actual": actual} | fields))  # type: ignore[arg-type]


def points(path: str) -> list[tuple[float, float]]:
    """Return the points that a path goes through."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path)]


def test_expected_and_actual_are_two_lines_with_the_marked_one_above() -> None:
    shown = of(Line(name="tanh", expected=(1.0, 2.0), actual=(1.0, 3.0)))

    assert [style for style, _ in shown.lines] == ["series-0 expected", "series-0", "series-0 marker"]


def test_the_legend_says_whose_line_it_is() -> None:
    shown = of(Line(name="tanh", expected=(1.0,), actual=(2.0,)), line(3.0, name="relu"))

    assert [one.text for one in shown.legend] == ["tanh, expected", "tanh, yours", "relu"]


def test_what_the_check_draws_beside_is_nobodys_answer() -> None:
    shown = of(Line(name="chance", expected=(1.0, 1.0), actual=None, beside=True), line(1.0, 2.0))

    assert ([one.text for one in shown.legend], shown.lines[0][0], "expected" in shown.description) == (
        ["chance", "tanh"],
        "series-0 beside",
        False,
    )


def test_a_larger_number_stands_higher() -> None:
    (_, path), *_ = of(line(1.0, 5.0, 3.0)).lines
    heights = [y for _, y in points(path)]

    assert sorted(range(3), key=lambda at: heights[at]) == [1, 2, 0]


def test_entries_stand_from_left_to_right_at_equal_distances() -> None:
    (_, path), *_ = of(line(*map(float, range(5)))).lines
    places = [x for x, _ in points(path)]

    assert [round(b - a, 1) for a, b in pairwise(places)] == [round((places[4] - places[0]) / 4, 1)] * 4


@pytest.mark.parametrize("gap", [None, math.nan, math.inf])
def test_where_there_is_no_number_the_line_is_broken(gap: float | None) -> None:
    (_, path), *_ = of(line(1.0, gap, 2.0, 3.0)).lines

    assert re.sub(r"[^ML]", "", path) == "MML"


@pytest.mark.parametrize("log", [False, True])
def test_a_picture_without_a_number_has_axes_all_the_same(log: bool) -> None:
    shown = of(line(None, None), log=log)

    assert (len(shown.y_ticks) > 1, [path for _, path in shown.lines]) == (True, ["", ""])


def test_on_a_logarithmic_axis_what_is_not_positive_has_no_place() -> None:
    (_, path), *_ = of(line(1.0, 0.0, -1.0, 10.0), log=True).lines

    assert len(points(path)) == 2


def test_on_a_logarithmic_axis_equal_factors_are_equal_steps() -> None:
    (_, path), *_ = of(line(1e-3, 1.0, 1e3), log=True).lines
    heights = [y for _, y in points(path)]

    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])


def test_powers_of_ten_are_written_as_people_write_them() -> None:
    texts = [tick.text for tick in of(line(1e-2, 1e3), log=True).y_ticks]

    assert texts == ["0.01", "0.1", "1", "10", "100", "10³"]


def test_powers_that_no_float_holds_are_written_too() -> None:
    texts = [tick.text for tick in of(line(5e-324, 1e308), log=True).y_ticks]

    assert ("1" in texts, all("inf" not in text for text in texts)) == (True, True)


def test_where_growth_parts_from_decay_there_is_a_tick() -> None:
    assert "1" in [tick.text for tick in of(line(1e-17, 1e12), log=True).y_ticks]


def test_ticks_are_round_and_cover_the_numbers() -> None:
    assert [tick.text for tick in of(line(0.3, 9.7)).y_ticks] == ["0", "2", "4", "6", "8", "10"]


def test_a_negative_tick_has_a_minus_that_does_not_break() -> None:
    assert [tick.text for tick in of(line(-2.0, 2.0)).y_ticks] == ["−2", "−1", "0", "1", "2"]


def test_a_flat_line_lies_in_the_middle() -> None:
    shown = of(line(4.0, 4.0))
    (_, path), *_ = shown.lines
    middle = shown.plot.y + shown.plot.height / 2

    assert [y for _, y in points(path)] == [middle, middle]


@pytest.mark.parametrize(
    ("count", "first", "texts"),
    [
        (3, 0, ["0", "1", "2"]),
        (3, 1, ["1", "2", "3"]),
        (25, 0, ["0", "5", "10", "15", "20"]),
        (25, 1, ["5", "10", "15", "20", "25"]),
        (1, 7, ["7"]),
    ],
)
def test_the_entries_are_numbered_from_the_first(count: int, first: int, texts: list[str]) -> None:
    assert [tick.text for tick in of(line(*[1.0] * count), first=first).x_ticks] == texts


def test_entries_with_names_are_called_by_them() -> None:
    shown = of(line(1.0, 2.0, 3.0), ticks=("one", "two"))

    assert [tick.text for tick in shown.x_ticks] == ["one", "two", ""]


def test_a_long_line_has_few_markers() -> None:
    shown = of(line(*[float(n) for n in range(1000)]))

    assert shown.lines[1][1].count("z") <= 24


def test_six_lines_have_six_markers() -> None:
    shown = of(*(line(1.0, name=str(n)) for n in range(6)))

    assert len({one.marker for one in shown.legend}) == 6


def test_the_seventh_line_begins_again_with_the_first_colour() -> None:
    assert of(*(line(1.0, name=str(n)) for n in range(7))).legend[6].style == "series-0"


# Bars


def test_bars_stand_on_zero() -> None:
    up, down = of(line(2.0, -1.0), bars=True).bars

    assert (up.y + up.height, down.y) == (pytest.approx(down.y), pytest.approx(up.y + up.height))


def test_a_bar_is_as_high_as_its_number() -> None:
    one, two = of(line(1.0, 2.0), bars=True).bars

    assert two.height == pytest.approx(2 * one.height, abs=0.02)


def test_bars_of_one_slot_stand_beside_each_other() -> None:
    shown = of(Line(name="tanh", expected=(1.0, 2.0), actual=(1.0, 2.0)), bars=True).bars
    left = sorted(shown, key=lambda bar: bar.x)

    assert [a.x + a.width <= b.x for a, b in pairwise(left)] == [True] * 3


def test_the_bars_of_a_slot_stand_around_their_name() -> None:
    shown = of(Line(name="tanh", expected=(1.0, 2.0), actual=(1.0, 2.0)), bars=True, ticks=("one", "two"))
    first = [bar for bar in shown.bars if abs(bar.x - shown.x_ticks[0].x) < 80]

    assert ([bar.x < shown.x_ticks[0].x < bar.x + 2 * bar.width for bar in first[:1]], len(first)) == (
        [True],
        2,
    )


def test_a_marker_of_the_legend_lies_around_its_middle() -> None:
    assert of(line(1.0)).legend[0].marker == "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"


def test_a_chart_of_bars_draws_no_line() -> None:
    shown = of(line(1.0), bars=True)

    assert (shown.lines, shown.has_bars, len(shown.bars)) == ((), True, 1)


def test_a_number_that_is_none_has_no_bar() -> None:
    assert len(of(line(1.0, None), bars=True).bars) == 1


# In words and in numbers


def test_the_words_say_what_is_drawn() -> None:
    shown = of(Line(name="tanh", expected=(1.0,), actual=(2.0,)), x="step", y="norm")

    assert shown.description == (
        "Lines of norm against step: tanh; expected and yours. The numbers are in the table below."
    )


def test_the_words_say_what_is_missing() -> None:
    shown = of(Line(name="tanh", expected=(1.0,), actual=None), line(1.0, name="relu"))

    assert "Yours is missing for tanh." in shown.description


def test_a_logarithmic_axis_is_called_so() -> None:
    assert of(line(1.0), log=True, y="norm").y_label.text == "norm, logarithmic"


def test_the_table_holds_every_number() -> None:
    (group,) = of(Line(name="tanh", expected=(1.0, 2.5, 3.0), actual=(1.0, None)), first=1).table.groups

    assert [(row.label, [cell.text for cell in row.cells]) for row in group.rows] == [
        ("1", ["1.0000", "1.0000"]),
        ("2", ["2.5000", "–"]),
        ("3", ["3.0000", "–"]),
    ]


def test_whole_numbers_have_no_decimals() -> None:
    (group,) = of(line(1.0, 20.0)).table.groups

    assert [row.cells[0].text for row in group.rows] == ["1", "20"]


def test_the_table_of_a_logarithmic_chart_has_powers() -> None:
    (group,) = of(line(0.001), log=True).table.groups

    assert group.rows[0].cells[0].text == "1.000e-03"


def test_a_table_is_called_by_its_title_and_its_place() -> None:
    assert of(line(1.0)).table.name == "numbers of Norms, lstm_cell, norms"


floats = st.none() | st.floats(allow_subnormal=False)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.lists(floats, max_size=6), st.lists(floats, max_size=6)), max_size=3),
    st.booleans(),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_any_numbers_can_be_drawn_inside_the_chart(
    drawn: list[tuple[list[float | None], list[float | None]]], log: bool, bars: bool, first: int
) -> None:
    lines = tuple(
        Line(name=str(n), expected=tuple(one), actual=tuple(other)) for n, (one, other) in enumerate(drawn)
    )
    shown = chart(Picture(title="t", x="x", y="y", log=log, bars=bars, first=first, lines=lines), "somewhere")
    places = [place for style, path in shown.lines if "marker" not in style for place in points(path)]
    places += [(bar.x, bar.y) for bar in shown.bars] + [(bar.x, bar.y + bar.height) for bar in shown.bars]

    assert [(x, y) for x, y in places if not (0 <= x <= shown.width and 0 <= y <= shown.height)] == []
