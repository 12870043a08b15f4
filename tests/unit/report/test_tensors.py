"""Values are laid out to be read: what differs stands beside what was expected."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import compared, saying, tensor

from grader.report.drawing.tables import Table
from grader.report.drawing.tensors import comparison_view, place, value_view
from grader.results.message import Message
from grader.results.report import Comparison, Shown


def cells(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[cell.text for cell in row.cells] for group in table.groups for row in group.rows]


def wrong_cells(table: Table | None) -> list[str]:
    assert table is not None
    return [c.text for group in table.groups for row in group.rows for c in row.cells if c.wrong]


def text(name: str, said: str) -> Shown:
    return Shown(name=name, kind="text", text=said)


# One value


@pytest.mark.parametrize("kind", ["number", "text", "nothing"])
def test_what_is_no_tensor_is_written_as_it_is(kind: str) -> None:
    view = value_view(Shown.model_validate({"name": "n", "kind": kind, "text": "20362"}), "here")

    assert (view.plain, view.text, view.table, view.heat) == ("20362", "", None, None)


def test_a_tensor_without_an_axis_is_a_number() -> None:
    view = value_view(tensor("s", [1.5], shape=(), origin=(), window=()), "here")

    assert (view.plain, view.table) == ("1.5000", None)


def test_a_tensor_without_an_entry_says_so() -> None:
    view = value_view(tensor("e", (), 0, 3), "here")

    assert (view.text, view.table, view.heat) == ("float64 tensor (0 × 3), without any entry", None, None)


def test_a_small_tensor_is_a_table_with_its_axes() -> None:
    table = value_view(tensor("h", [1.0, 2.0, 3.0, 4.5], 2, 2, axes=("batch", "hidden")), "here").table

    assert (cells(table), table and (table.row_axis, table.column_axis, table.columns, table.name)) == (
        [["1.0000", "2.0000"], ["3.0000", "4.5000"]],
        ("batch", "hidden", ("0", "1"), "h, here"),
    )


def test_slices_of_three_axes_stand_below_each_other() -> None:
    table = value_view(tensor("x", range(8), 2, 2, 2, axes=("time", "batch", "hidden")), "here").table

    assert table is not None and [group.label for group in table.groups] == ["time 0", "time 1"]


def test_slices_without_names_are_called_by_index() -> None:
    table = value_view(tensor("x", range(8), 2, 2, 2), "here").table

    assert table is not None and [group.label for group in table.groups] == ["[0, :, :]", "[1, :, :]"]


def test_a_window_keeps_the_indices_of_the_whole() -> None:
    shown = tensor("x", range(4), 9, 9, origin=(5, 3), window=(2, 2))
    table = value_view(shown, "here").table

    assert table is not None and (table.columns, [row.label for row in table.groups[0].rows]) == (
        ("3", "4"),
        ["5", "6"],
    )


@pytest.mark.parametrize(
    ("shape", "is_drawn"), [((8, 8), False), ((8, 9), True), ((24,), False), ((25,), True), ((64, 1), False)]
)
def test_what_nobody_reads_is_drawn(shape: tuple[int, ...], is_drawn: bool) -> None:
    view = value_view(tensor("w", [0.5] * math.prod(shape), *shape), "here")

    assert (view.heat is not None, view.table is not None, view.legend is not None) == (
        is_drawn,
        not is_drawn,
        is_drawn,
    )


def test_a_large_mask_is_drawn_in_the_colours_of_false_and_true() -> None:
    view = value_view(tensor("mask", [True, False] * 40, 8, 10, dtype="bool"), "here")

    assert view.legend is not None and (view.legend.low, view.legend.high) == ("False", "True")


def test_whole_numbers_and_truth_values_are_written_as_such() -> None:
    tables = [value_view(tensor("x", values), "here").table for values in ((0, 12), (True, False))]

    assert [[cell.text for cell in table.groups[0].rows[0].cells] for table in tables if table] == [
        ["0", "12"],
        ["True", "False"],
    ]


def test_a_drawn_part_says_which_part_it_is() -> None:
    shown = tensor(
        "w", [0.5] * 100, 50, 10, 4, origin=(3, 0, 2), window=(1, 10, 10), axes=("time", "batch", "")
    )
    view = value_view(shown.model_copy(update={"shape": (50, 10, 40)}), "here")

    assert view.text == "float64 tensor (50 × 10 × 4): time 3, axis 2 2 to 11"


# Two values


def test_one_axis_stands_entry_by_entry_with_the_difference() -> None:
    view = comparison_view(compared(tensor("h", [1.0, 2.5]), tensor("h", [1.0, 3.0])), "here", None)

    assert (cells(view.together), wrong_cells(view.together), view.together and view.together.columns) == (
        [["1.0000", "1.0000", ""], ["2.5000", "3.0000", "0.5"]],
        ["3.0000"],
        ("expected", "yours", "off by"),
    )


def test_what_differs_within_the_tolerance_is_shown_as_it_is() -> None:
    near = compared(tensor("h", [1.0, 0.5]), tensor("h", [1.25, 0.75]), wrong=(0,))

    assert cells(comparison_view(near, "here", None).together)[1] == ["0.5000", "0.7500", ""]


def test_where_nothing_is_wrong_there_is_no_difference_to_say() -> None:
    view = comparison_view(compared(tensor("h", [1.0]), tensor("h", [1.0])), "here", None)

    assert view.together is not None and view.together.columns == ("expected", "yours")


def test_two_axes_are_two_tables_with_the_wrong_entries_marked_in_yours() -> None:
    one, other = tensor("h", [1.0, 2.0, 3.0, 4.0], 2, 2), tensor("h", [1.0, 2.0, 3.0, 5.0], 2, 2)
    (left, expected), (right, yours) = comparison_view(compared(one, other), "here", None).apart

    assert (left, wrong_cells(expected.table), right, wrong_cells(yours.table)) == (
        "Expected", [], "Yours", ["5.0"],
    )  # fmt: skip


def test_entries_that_differ_little_are_written_apart() -> None:
    view = comparison_view(compared(tensor("h", [1.0]), tensor("h", [1.0 + 1e-9])), "here", None)

    assert cells(view.together) == [["1.0000000000", "1.0000000010", "1e−9"]]


def test_what_is_not_finite_has_no_difference() -> None:
    view = comparison_view(compared(tensor("h", [1.0, 2.0]), tensor("h", ["nan", 2.0])), "here", None)

    assert cells(view.together)[0] == ["1.0", "nan", ""]


@pytest.mark.parametrize(
    "other",
    [
        tensor("h", [1.0, 2.0, 3.0]),
        tensor("h", [1.0, 2.0], text="float32 tensor (2)"),
        tensor("h", [1.0, 2.0], 2, 1),
        text("h", "<b>"),
        tensor("h", (), 0),
    ],
)
def test_what_is_not_alike_stands_apart(other: Shown) -> None:
    comparison = Comparison(name="h", expected=tensor("h", [1.0, 2.0]), actual=other, agrees=False)
    view = comparison_view(comparison, "here", None)

    assert ([title for title, _ in view.apart], view.together, view.heats) == (
        ["Expected", "Yours"],
        None,
        (),
    )


@pytest.mark.parametrize(("known", "title"), [("expected", "Expected"), ("actual", "Yours")])
def test_where_one_side_is_missing_the_other_stands_alone(known: str, title: str) -> None:
    sides = {"expected": None, "actual": None} | {known: tensor("h", [1.0])}
    view = comparison_view(Comparison(name="h", agrees=False, **sides), "here", None)  # type: ignore[arg-type]

    assert [name for name, _ in view.apart] == [title]


def test_many_entries_are_drawn_three_times() -> None:
    one, other = tensor("w", range(100), 10, 10), tensor("w", [0.5] * 100, 10, 10)
    view = comparison_view(compared(one, other), "here", None)

    assert ([name for name, _ in view.heats], len(view.legends)) == (["Expected", "Yours", "Difference"], 2)


def test_beside_a_drawing_the_first_wrong_entries_are_listed() -> None:
    values = [float(n) for n in range(100)]
    other = [*values[:80], *(value + 1 for value in values[80:])]
    view = comparison_view(compared(tensor("w", values, 10, 10), tensor("w", other, 10, 10)), "here", None)

    assert cells(view.together) == [[f"{n}.0", f"{n + 1}.0", "1"] for n in range(80, 88)]


def test_many_entries_of_which_none_is_wrong_list_nothing() -> None:
    same = tensor("w", [1.0] * 100, 10, 10)

    assert comparison_view(compared(same, same), "here", None).together is None


def test_a_listed_entry_has_its_place_in_the_whole_tensor() -> None:
    fields = {"origin": (5, 3), "axes": ("gate", "hidden"), "shape": (90, 90), "window": (10, 10)}
    one, other = (tensor("w", [value] * 100, **fields) for value in (1.0, 2.0))
    view = comparison_view(compared(one, other), "here", None)

    assert view.together is not None and [row.label for row in view.together.groups[0].rows][:2] == [
        "gate 5, hidden 3",
        "gate 5, hidden 4",
    ]


# In words


def test_a_problem_that_the_message_tells_is_not_told_again() -> None:
    comparison = compared(tensor("h", [1.0]), tensor("h", [2.0]), problem=saying("it is too large"))
    whole = Message.of("sentence", text=saying("it is too large"))
    views = [comparison_view(comparison, "here", said) for said in (whole, saying("No."))]

    assert [view.problem for view in views] == ["", "it is too large"]


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        ({"wrong_count": 2}, "2 of 6 entries are wrong."),
        ({"wrong_count": 1}, "1 of 6 entries is wrong."),
        ({"wrong_count": 6}, "All entries are wrong."),
        ({"wrong_count": 2, "first_wrong": (1, 2)}, "2 of 6 entries are wrong, first at batch 1, hidden 2."),
        ({"error": 0.5, "tolerance": 1e-9}, "Off by 0.5 at most, where 1e−9 is allowed."),
    ],
)
def test_it_is_said_how_much_is_wrong(fields: dict[str, object], fact: str) -> None:
    shown = tensor("h", [1.0] * 6, 2, 3, axes=("batch", "hidden"))
    known = {"wrong_count": 0, "first_wrong": None} | fields

    assert comparison_view(compared(shown, shown, **known), "here", None).facts == (fact,)


def test_it_is_said_which_part_is_shown() -> None:
    shown = tensor("h", [1.0] * 4, origin=(0, 2), window=(2, 2), shape=(2, 9), axes=("batch", "hidden"))

    assert comparison_view(compared(shown, shown), "here", None).facts == (
        "Shown is a part of it: hidden 2 to 3.",
    )


@pytest.mark.parametrize(
    ("index", "axes", "words"),
    [
        ((0, 2), ("batch", "hidden"), "batch 0, hidden 2"),
        ((0, 2), ("batch", ""), "[0, 2]"),
        ((0, 2), (), "[0, 2]"),
        ((3,), ("hidden",), "hidden 3"),
        ((), (), ""),
    ],
)
def test_a_place_is_called_by_its_axes_where_all_have_names(
    index: tuple[int, ...], axes: tuple[str, ...], words: str
) -> None:
    assert place(index, axes) == words


entries = st.floats() | st.sampled_from(["nan", "inf", "-inf"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_any_two_tensors_of_one_shape_can_be_laid_out(shape: list[int], data: st.DataObject) -> None:
    size = math.prod(shape)
    one, other = (data.draw(st.lists(entries, min_size=size, max_size=size)) for _ in range(2))
    view = comparison_view(compared(tensor("h", one, *shape), tensor("h", other, *shape)), "here", None)

    assert (len(view.apart), len(view.heats), view.together is None) in (
        (0, 0, False),
        (2, 0, True),
        (0, 3, False),
        (0, 3, True),
    )
