"""A heat map shows each entry as a square whose colour means the same everywhere on it."""

import math
import re

import pytest
from samples import compared, tensor

from grader.report.drawing.heatmaps import difference_map, slice_size, value_legend, value_map
from grader.results.report import Shown


def row(*values: object, **fields: object) -> Shown:
    return tensor("w", values, **fields)


@pytest.mark.parametrize(
    ("shape", "size"), [((5,), (1, 5)), ((2, 3), (2, 3)), ((4, 2, 3), (2, 3)), ((1, 1, 1, 7), (1, 7))]
)
def test_a_slice_is_the_last_two_axes(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    assert slice_size(tensor("w", (), *shape)) == size


def test_the_middle_colour_is_zero_and_the_outer_ones_are_the_limits() -> None:
    shown = value_map("w", row(-2.0, -1.0, 0.0, 1.0, 2.0), 2.0)

    assert [name for name, _ in shown.colours] == ["heat-0", "heat-2", "heat-4", "heat-6", "heat-8"]


def test_what_is_beyond_the_limit_has_the_outermost_colour() -> None:
    shown = value_map("w", row(-9.0, 9.0), 1.0)

    assert [name for name, _ in shown.colours] == ["heat-0", "heat-8"]


def test_what_is_not_finite_has_a_colour_of_its_own() -> None:
    shown = value_map("w", row("nan", "inf", "-inf", 0.0), 1.0)

    assert shown.description == "Heat map of w, 4 entries from 0 to 0; 3 are not finite."


def test_a_map_of_nothing_but_zeros_has_one_colour() -> None:
    assert [name for name, _ in value_map("w", row(0.0, 0.0), 0.0).colours] == ["heat-4"]


def test_truth_values_are_drawn_as_numbers() -> None:
    assert [name for name, _ in value_map("w", row(True, False), 1.0).colours] == ["heat-4", "heat-8"]


def test_the_words_about_truth_values_count_the_true_ones() -> None:
    shown = value_map("mask", row(True, False, True, dtype="bool"), 1.0)

    assert shown.description == "Heat map of mask, 3 entries, 2 of them True."


def test_the_words_say_the_range() -> None:
    shown = value_map("w, yours", tensor("w", [-1.0, 0.5, 2.0, 1.0], 2, 2), 2.0)

    assert shown.description == "Heat map of w, yours, 2 × 2 entries from −1 to 2."


def test_words_about_numbers_of_which_none_is_finite_name_no_range() -> None:
    assert value_map("w", row("nan"), 1.0).description == "Heat map of w, 1 entries; 1 are not finite."


def test_the_first_wrong_entry_is_framed() -> None:
    shown = value_map("w", tensor("w", range(6), 2, 3), 5.0, (1, 2))
    plain = value_map("w", tensor("w", range(6), 2, 3), 5.0)
    left, top, _, _ = shown.frame

    assert (shown.marked, plain.marked) == ((left + 2 * 16 - 1.5, top + 16 - 1.5, 19), None)


def test_the_slice_with_the_first_wrong_entry_is_drawn() -> None:
    shown = value_map("w", tensor("w", [*[0.0] * 4, *[1.0] * 4], 2, 2, 2), 1.0, (1, 0, 0))

    assert [name for name, _ in shown.colours] == ["heat-8"]


@pytest.mark.parametrize("index", [(9, 9), (0,), (0, 0, 0), ()])
def test_an_entry_outside_the_window_is_not_framed(index: tuple[int, ...]) -> None:
    assert value_map("w", tensor("w", range(4), 2, 2), 3.0, index).marked is None


def test_a_window_that_begins_elsewhere_counts_from_there() -> None:
    window = tensor("w", range(4), 9, 9, origin=(5, 3), window=(2, 2), axes=("gate", "hidden"))
    shown = value_map("w", window, 3.0, (6, 4))

    assert ([label.text for label in shown.labels], shown.marked is None) == (
        ["gate ↓, hidden →", "3", "4", "5", "6"],
        False,
    )


def test_axes_without_a_name_are_row_and_column() -> None:
    assert value_map("w", tensor("w", range(4), 2, 2), 3.0).labels[0].text == "row ↓, column →"


def test_a_single_axis_has_no_rows() -> None:
    assert [label.text for label in value_map("w", row(1.0, 2.0), 2.0).labels] == ["column →", "0", "1"]


@pytest.mark.parametrize("side", [1, 3, 16, 100, 1000])
def test_a_map_is_never_wider_than_a_phone_needs(side: int) -> None:
    shown = value_map("w", tensor("w", [1.0] * side, side), 1.0)

    assert shown.frame[2] <= max(256, 2 * side)


def test_the_legend_says_both_ends() -> None:
    legend = value_legend(0.5, value_map("w", row(0.5), 0.5))

    assert (legend.low, legend.high, len(legend.classes), legend.marks) == ("−0.5", "0.5", 9, ())


def test_the_legend_explains_the_marks_that_are_there() -> None:
    drawn = value_map("w", row("nan", 1.0), 1.0, (0,))

    assert value_legend(1.0, drawn).marks == (
        ("heat-x", "not finite"),
        ("first-wrong", "the first wrong entry"),
    )


def test_a_difference_has_shades_and_what_is_right_has_none() -> None:
    expected, actual = tensor("w", [0.0] * 4, 2, 2), tensor("w", [0.0, 1.0, 5.0, "nan"], 2, 2)
    shown, legend = difference_map("w", compared(expected, actual), expected, actual)

    assert ([name for name, _ in shown.colours], legend.low, legend.high) == (
        ["gap-0", "gap-1", "gap-5", "heat-x"],
        "right",
        "off by 5",
    )


def test_a_difference_within_the_tolerance_is_right() -> None:
    expected, actual = row(0.0, 1.0), row(1e-12, 2.0)
    shown, _ = difference_map("w", compared(expected, actual, wrong=(1,)), expected, actual)

    assert [name for name, _ in shown.colours] == ["gap-0", "gap-5"]


def test_the_words_about_a_difference_say_how_many_and_how_much() -> None:
    expected, actual = row(0.0, 1.0), row(0.0, 3.0)
    shown, _ = difference_map("w, difference", compared(expected, actual), expected, actual)

    assert shown.description == "Heat map of w, difference, 2 entries: 1 of them are wrong, by 2 at most."


# Where things are


@pytest.mark.parametrize("shape", [(1,), (30,), (3, 5), (40, 2), (2, 3, 4), (200, 300)])
def test_the_squares_fill_the_frame_and_the_frame_lies_inside_the_picture(shape: tuple[int, ...]) -> None:
    shown = value_map("w", tensor("w", [1.0] * math.prod(shape), *shape), 1.0)
    left, top, width, height = shown.frame
    ((_, path),) = shown.colours
    runs = [tuple(map(int, run)) for run in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", path)]

    assert (
        min(x for x, *_ in runs),
        min(y for _, y, *_ in runs),
        sum(across * down for *_, across, down in runs),
        left + width <= shown.width and top + height <= shown.height,
    ) == (left, top, width * height, True)


def test_numbers_stand_beside_the_first_and_the_last_square() -> None:
    shown = value_map("w", tensor("w", [1.0] * 50, 5, 10), 1.0)
    left, top, width, height = shown.frame
    half = width / 20
    _, first, last, upper, lower = shown.labels

    assert ((first.x, last.x), (upper.y, lower.y)) == (
        (left + half, left + width - half),
        (top + half + 4, top + height - half + 4),
    )
