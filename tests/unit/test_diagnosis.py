"""What a diagnosis says is true of the numbers, and where nothing fits it says nothing."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.accuracy import Accuracy
from grader.judging.comparison import judge
from grader.judging.diagnosis import diagnose
from grader.report import messages
from grader.values import Other, Tensor, Value
from grader.wire import Answer, Raised

Array = np.ndarray[Any, Any]
SIZES = [
    {"steps": 5, "batch": 2, "hidden": 3},
    {"steps": 4, "batch": 3, "hidden": 2},
    {"steps": 6, "batch": 1, "hidden": 4},
]

NINE = Accuracy(digits=9)


def tensor(entries: object, dtype: str = "float64") -> Tensor:
    return Tensor(dtype, np.array(entries, dtype))


def value(given: object) -> Value:
    return Tensor(str(given.dtype), given) if isinstance(given, np.ndarray) else given  # type: ignore[return-value]


def answer(case: int, observed: Mapping[str, object], sizes: Mapping[str, int]) -> Answer:
    return Answer("step", case, {name: value(given) for name, given in observed.items()}, sizes=sizes)


def drawn(case: int, *shape: int, dtype: str = "float64") -> Array:
    """Return normal entries, the same for the same arguments."""
    return np.random.default_rng([case, *shape]).normal(size=shape).astype(dtype)


def told(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], failing: tuple[int, ...], accuracy: Accuracy
) -> str:
    """Return a diagnosis in words."""
    return messages.text(diagnose(expected, actual, failing, accuracy))


def said(
    right: Callable[[int, Mapping[str, int]], Mapping[str, object]],
    wrong: Callable[[Mapping[str, Any]], Mapping[str, object]],
    sizes: list[dict[str, int]] = SIZES,
    depth: str = "",
) -> str:
    """Return what is said where `right` is expected and `wrong` makes of it what was given."""
    whole = {case: right(case, size) for case, size in enumerate(sizes)}
    expected = {case: answer(case, whole[case], sizes[case]) for case in whole}
    actual = {case: answer(case, wrong(whole[case]), {}) for case in whole}
    accuracy = Accuracy(depth, digits=9)
    return told(expected, actual, judge(expected, actual, accuracy).failing, accuracy)


def of_h(
    change: Callable[[Array], object],
    *axes: str,
    dtype: str = "float64",
    sizes: list[dict[str, int]] = SIZES,
) -> str:
    """Return what is said where `h` has the named axes and comes out changed."""
    names = axes or ("batch", "hidden")
    return said(
        lambda case, size: {"h": drawn(case, *(size.get(name, 5) for name in names), dtype=dtype)},
        lambda observed: {"h": change(observed["h"])},
        sizes,
    )


def changed(array: Array, place: object, new: float) -> Array:
    """Return a copy with other entries in one place."""
    copy = array.copy()
    copy[place] = new
    return copy


# Shapes


def test_a_transposed_tensor_is_told() -> None:
    assert of_h(lambda h: h.T) == "Right, but transposed: `h`. The last two axes are exchanged."


def test_the_last_two_of_three_axes_are_told_as_transposed() -> None:
    found = of_h(lambda h: h.swapaxes(1, 2), "steps", "batch", "hidden")

    assert found == "Right, but transposed: `h`. The last two axes are exchanged."


def test_a_square_tensor_is_told_as_transposed_by_its_entries() -> None:
    found = of_h(lambda h: h.T, "n", "n", sizes=[{"n": 2}, {"n": 3}])

    assert found == "Right, but transposed: `h`. The last two axes are exchanged."


def test_a_transposed_tensor_of_other_entries_is_not_told_as_transposed() -> None:
    assert of_h(lambda h: h.T + 1) == ""


def test_what_is_transposed_in_some_cases_only_is_not_told() -> None:
    assert of_h(lambda h: h.T if len(h) == 2 else h + drawn(9, *h.shape)) == ""


def test_the_first_two_axes_exchanged_are_not_told_as_the_last_two() -> None:
    assert of_h(lambda h: h.swapaxes(0, 1), "steps", "batch", "hidden") == ""


@pytest.mark.parametrize("change", [np.ravel, lambda h: h[None], lambda h: h[..., None]])
def test_the_right_entries_in_another_shape_are_told(change: Callable[[Array], Array]) -> None:
    assert of_h(change) == "The right entries in another shape: `h`."


def test_two_tensors_in_another_shape_are_told_in_one_sentence() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 2, 3), "c": drawn(case, 4, 5)},
        lambda observed: {name: array.ravel() for name, array in observed.items()},
    )

    assert found == "The right entries in another shape: `h`, `c`."


def test_other_entries_in_another_shape_are_not_told() -> None:
    assert of_h(lambda h: h.ravel()[::-1]) == ""


def test_no_entries_in_another_shape_are_not_called_right() -> None:
    found = said(lambda case, size: {"h": np.zeros((0, 3))}, lambda observed: {"h": np.zeros(0)})

    assert found == ""


def test_whole_numbers_that_differ_late_are_not_called_right() -> None:
    found = said(
        lambda case, size: {"h": np.array([[2**60, 2**60 + 1 + case]])},
        lambda observed: {"h": observed["h"].ravel() + 1},
    )

    assert found == ""


# A factor, a sign


@pytest.mark.parametrize(("factor", "text"), [(2, "2"), (0.5, "0.5"), (-3, "-3"), (1 / 3, "0.3333")])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_factor_is_told(factor: float, text: str, dtype: str) -> None:
    found = of_h(lambda h: (h * factor).astype(dtype), dtype=dtype)

    assert found == f"Every entry of `h` is {text} times the expected one."


def test_the_opposite_sign_is_told() -> None:
    assert of_h(np.negative) == "Every entry of `h` is right except for its sign, which is the opposite."


def test_zeros_are_told() -> None:
    assert of_h(np.zeros_like) == "Every entry of `h` is 0."


def test_zeros_in_place_of_tiny_numbers_are_told_as_zeros() -> None:
    found = said(
        lambda case, size: {"slope": drawn(case, 4) * 1e-6},
        lambda observed: {"slope": np.zeros(4)},
    )

    assert found == "Every entry of `slope` is 0."


def test_small_numbers_in_place_of_large_ones_are_not_told_as_zeros() -> None:
    assert "is 0" not in of_h(lambda h: h * 1e-10)


def test_the_factor_is_told_of_what_is_wrong_only() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 2, 3), "c": drawn(case, 4)},
        lambda observed: {"h": observed["h"] * 2, "c": observed["c"]},
    )

    assert found == "Every entry of `h` is 2 times the expected one."


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h * len(h),
        lambda h: changed(h * 2, (0, 0), 0.5),
        lambda h: h * np.arange(1, h.shape[1] + 1),
        lambda h: np.abs(h) + 1,
    ],
)
def test_where_the_factors_differ_none_is_told(change: Callable[[Array], Array]) -> None:
    assert of_h(change) == ""


def test_a_factor_that_leaves_zeros_unexplained_is_not_told() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 3) * (case > 0)},
        lambda observed: {"h": observed["h"] * 2 + (not observed["h"].any())},
    )

    assert found == ""


def test_two_values_of_different_factors_are_not_told() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 3), "c": drawn(case, 4)},
        lambda observed: {"h": observed["h"] * 2, "c": observed["c"] * 3},
    )

    assert found == ""


def test_one_number_in_one_case_shows_no_factor() -> None:
    found = said(
        lambda case, size: {"loss": np.array(1.5)}, lambda observed: {"loss": np.array(1.7)}, SIZES[:1]
    )

    assert found == ""


def test_the_right_numbers_in_another_dtype_are_not_told_as_a_factor() -> None:
    changes = [of_h(lambda h: h.astype("float64"), dtype="float32")]
    changes.append(
        said(lambda case, size: {"n": np.arange(case, 5)}, lambda observed: {"n": observed["n"] / 1})
    )

    assert [one for one in changes if "times" in one] == []


# Order


def test_a_step_late_is_told() -> None:
    found = of_h(lambda h: np.concatenate([np.zeros_like(h[:1]), h[:-1]]), "steps", "hidden")

    assert found == "`h`: one step late. Entry t holds what belongs to t - 1."


def test_a_step_early_is_told() -> None:
    found = of_h(lambda h: np.concatenate([h[1:], h[:1]]), "steps", "hidden")

    assert found == "`h`: one step early. Entry t holds what belongs to t + 1."


def test_reversed_time_is_told() -> None:
    found = of_h(lambda h: h[::-1], "steps", "hidden")

    assert found == "`h`: right, but in reversed order of time."


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda h: np.concatenate([h[-1:] + 1, h[:-1]]),
            "one place late along the first axis. Entry t holds what belongs to t - 1",
        ),
        (
            lambda h: np.concatenate([h[1:], h[:1] + 1]),
            "one place early along the first axis. Entry t holds what belongs to t + 1",
        ),
        (lambda h: h[::-1], "right, but in reversed order"),
    ],
)
def test_an_axis_that_is_not_known_as_time_is_not_called_time(
    change: Callable[[Array], Array], text: str
) -> None:
    assert of_h(change, "five", "hidden") == f"`h`: {text}."


def test_a_wrong_first_entry_before_equal_ones_is_no_step_late() -> None:
    found = said(
        lambda case, size: {"h": np.ones(5)}, lambda observed: {"h": changed(observed["h"], 0, 7 + 0.1)}
    )

    assert found == ""


def test_a_wrong_last_entry_after_equal_ones_is_no_step_early() -> None:
    found = said(lambda case, size: {"h": np.ones(5)}, lambda observed: {"h": changed(observed["h"], 4, 7.1)})

    assert found == ""


def test_two_steps_that_are_wrong_otherwise_are_not_told_as_late() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, size["steps"], 2)},
        lambda observed: {
            "h": np.roll(observed["h"], 1, 0) if len(observed["h"]) > 2 else observed["h"] * [[2], [3]]
        },
        [*SIZES, {"steps": 2, "batch": 1, "hidden": 1}],
    )

    assert found == ""


def test_a_single_step_that_is_wrong_is_not_told_as_reversed() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, size["steps"], 2)},
        lambda observed: {"h": observed["h"][::-1] if len(observed["h"]) > 1 else observed["h"] * [2, 3]},
        [*SIZES, {"steps": 1, "batch": 1, "hidden": 1}],
    )

    assert found == ""


# Digits


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_what_is_right_where_it_is_finite_is_told(wrong: float) -> None:
    assert of_h(lambda h: changed(h, (0, 0), wrong)) == (
        "`h` is right wherever it is finite. The rest is inf or nan, for example because an exponential "
        "written by hand overflows for large inputs, or because 0 is divided by 0."
    )


def test_where_nothing_is_finite_nothing_is_called_right() -> None:
    assert of_h(lambda h: np.full_like(h, np.nan)) == ""


def test_where_the_finite_part_is_wrong_too_it_is_not_called_right() -> None:
    assert of_h(lambda h: changed(h + drawn(8, *h.shape), (0, 0), np.inf)) == ""


COARSE = (
    "The values agree to about six digits and no further: a part is computed in float32, "
    "a small constant is added, or a number is cut off, for example by clamp()."
)


@pytest.mark.parametrize("change", [lambda h: h.astype("float32").astype("float64"), lambda h: h + 1e-7])
def test_the_digits_of_float32_are_told(change: Callable[[Array], Array]) -> None:
    assert of_h(change) == COARSE


def test_float32_itself_is_told() -> None:
    assert of_h(lambda h: h.astype("float32")) == (
        "The values are right to the accuracy of float32: the result, or a value that it is computed "
        "from, is converted to float32 on the way."
    )


def test_a_small_number_that_became_zero_is_not_told_as_float32() -> None:
    found = said(
        lambda case, size: {"norm": np.array([1.0, 0.5, 3e-7])},
        lambda observed: {"norm": np.array([1.0, 0.5, 0.0])},
    )

    assert found == ""


def test_three_digits_are_not_told_as_float32() -> None:
    assert of_h(lambda h: h + 1e-3 * drawn(8, *h.shape)) == ""


def test_tiny_numbers_that_are_all_wrong_are_not_told_as_float32() -> None:
    found = said(
        lambda case, size: {"slope": drawn(case, 4) * 1e-6},
        lambda observed: {"slope": drawn(9, 4) * 1e-6},
    )

    assert found == ""


def test_whole_numbers_in_place_of_equal_floats_are_not_told_as_float32() -> None:
    found = said(lambda case, size: {"h": np.arange(3.0)}, lambda observed: {"h": np.arange(3)})

    assert found == ""


def test_booleans_in_place_of_ones_are_not_told_as_float32() -> None:
    found = said(
        lambda case, size: {"mask": np.array([1.0, 0.0])}, lambda observed: {"mask": np.array([True, False])}
    )

    assert found == ""


# Counts


def count(of: Callable[[int, Mapping[str, int]], int], sizes: list[dict[str, int]] = SIZES) -> str:
    """Return what is said where 100 is expected and `of` the case and its sizes given."""
    expected = {case: answer(case, {"n": 100 + case}, size) for case, size in enumerate(sizes)}
    actual = {case: answer(case, {"n": of(100 + case, size)}, {}) for case, size in enumerate(sizes)}
    return told(expected, actual, judge(expected, actual, NINE).failing, NINE)


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (lambda n, size: n + size["hidden"], "large by 1 × hidden"),
        (lambda n, size: n - size["hidden"], "small by 1 × hidden"),
        (lambda n, size: n + 4 * size["hidden"], "large by 4 × hidden"),
    ],
)
def test_a_count_that_is_off_by_a_size_is_told(
    of: Callable[[int, Mapping[str, int]], int], text: str
) -> None:
    assert count(of) == f"The number is too {text} in every failing case."


def test_a_count_times_a_size_is_told() -> None:
    assert count(lambda n, size: n * size["steps"]) == "The number is the expected one times steps."


@pytest.mark.parametrize(
    "of",
    [lambda n, size: n + 1, lambda n, size: n + 7 * size["hidden"] + size["batch"], lambda n, size: 3 * n],
)
def test_a_count_that_is_off_by_no_size_is_not_told(of: Callable[[int, Mapping[str, int]], int]) -> None:
    assert count(of) == ""


@pytest.mark.parametrize("of", [lambda n, size: n + size["hidden"], lambda n, size: n * size["hidden"]])
def test_a_size_that_never_changes_explains_no_count(of: Callable[[int, Mapping[str, int]], int]) -> None:
    assert count(of, [{"hidden": 4}, {"hidden": 4}]) == ""


def test_booleans_are_no_counts() -> None:
    expected = {case: answer(case, {"ok": True}, {"n": 1 + case}) for case in range(2)}
    actual = {case: answer(case, {"ok": False}, {}) for case in range(2)}

    assert told(expected, actual, (0, 1), NINE) == ""


def test_a_case_that_fails_otherwise_is_not_counted_as_off_by_a_size() -> None:
    expected = {case: answer(case, {"n": 10, "text": "a"}, {"size": 2 + case}) for case in range(3)}
    actual = {case: answer(case, {"n": 12 + case, "text": "a"}, {}) for case in range(2)}
    actual[2] = answer(2, {"n": 10, "text": "b"}, {})

    assert told(expected, actual, (0, 1, 2), NINE) == ""


# Names


def two(wrong: Callable[[Any, Any], tuple[object, object]]) -> str:
    """Return what is said where `h` and `c` are expected and `wrong` makes others of them."""
    return said(
        lambda case, size: {"h": drawn(case, size["batch"], 3), "c": drawn(case + 50, size["batch"], 3)},
        lambda observed: dict(zip("hc", wrong(observed["h"], observed["c"]), strict=True)),
    )


def test_exchanged_names_are_told() -> None:
    assert two(lambda h, c: (c, h)) == "`h` and `c` are exchanged."


def test_the_same_value_under_both_names_is_not_told_as_exchanged() -> None:
    assert two(lambda h, c: (c, c)) == ""


def test_two_wrong_texts_are_not_told_as_exchanged() -> None:
    found = said(lambda case, size: {"a": "x", "b": "y"}, lambda observed: {"a": "y", "b": "x"})

    assert found == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("no exception", "What should be refused is accepted: raise ValueError for it."),
        ("AssertionError", "It is refused, but with AssertionError: raise ValueError."),
        ("another ValueError", ""),
    ],
)
def test_arguments_that_are_not_refused_as_they_should_be_are_told(given: str, told: str) -> None:
    found = said(lambda case, size: {"size -1": "ValueError"}, lambda observed: {"size -1": given})

    assert found == told


def test_right_values_of_another_dtype_are_told() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 2, 3, dtype="float32")},
        lambda observed: {"h": observed["h"].astype("float64") + 1e-9},
    )

    assert found == (
        "The values are right, but their dtype is float64; it should be float32. Give tensors that you make "
        "yourself the dtype of the input, for example with `table.to(x.dtype)` or `dtype=x.dtype`."
    )


def test_wrong_values_of_another_dtype_are_not_called_right() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 2, 3, dtype="float32")},
        lambda observed: {"h": np.cos(observed["h"].astype("float64"))},
    )

    assert found == ""


def test_two_wrong_booleans_are_not_told_as_exchanged() -> None:
    found = said(lambda case, size: {"a": True, "b": False}, lambda observed: {"a": False, "b": True})

    assert found == ""


def test_none_in_place_of_a_tensor_is_told() -> None:
    assert two(lambda h, c: (None, c)) == (
        "`h`: the value is None. A function without `return` returns None."
    )


def test_a_gradient_that_is_none_is_told() -> None:
    found = said(
        lambda case, size: {"gradient of x": drawn(case, 3)}, lambda observed: {"gradient of x": None}
    )

    assert found == (
        "`gradient of x`: the gradient is None. The result does not depend on it, or the graph is cut on "
        "the way, for example by detach(), .data, no_grad(), .item() or a new tensor made from numbers."
    )


def test_a_tensor_in_place_of_none_is_not_told_as_nothing() -> None:
    found = said(lambda case, size: {"h": None}, lambda observed: {"h": np.ones(3)})

    assert found == ""


def test_a_name_that_is_missing_is_not_told_as_nothing() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, 2), "c": drawn(case, 2)},
        lambda observed: {"h, c": Other("a Tensor of shape (2,)")},
    )

    assert found == ""


def test_none_in_some_cases_only_is_not_told() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, size["batch"])},
        lambda observed: {
            "h": None if len(observed["h"]) == 2 else observed["h"] + drawn(9, len(observed["h"]))
        },
    )

    assert found == ""


# Sizes

CASES = [
    {"batch": 2, "hidden": 3},
    {"batch": 3, "hidden": 2},
    {"batch": 1, "hidden": 1},
    {"batch": 1, "hidden": 2},
    {"batch": 3, "hidden": 1},
    {"batch": 3, "hidden": 3},
]


def failing(*cases: int, of: list[dict[str, int]] = CASES) -> str:
    """Return what is said where a text is wrong in the given cases."""
    expected = {case: answer(case, {"text": "right"}, sizes) for case, sizes in enumerate(of)}
    actual = expected | {case: answer(case, {"text": "wrong"}, {}) for case in cases}
    return told(expected, actual, cases, NINE)


def test_what_is_wrong_only_where_a_size_is_1_is_told() -> None:
    assert failing(2, 3) == "It is wrong only if batch is 1."


@pytest.mark.parametrize(
    "cases", [(0,), (2,), (2, 3, 4), (0, 1, 2, 3), (0, 1, 3), (0, 1, 3, 4), (0, 1, 4, 5), (0, 1, 2, 3, 4, 5)]
)
def test_where_the_sizes_do_not_explain_it_nothing_is_said(cases: tuple[int, ...]) -> None:
    assert failing(*cases) == ""


def test_too_few_cases_show_nothing_about_sizes() -> None:
    assert failing(2, of=CASES[:3]) == ""


def test_a_failing_case_without_sizes_keeps_the_sizes_from_being_told() -> None:
    assert failing(2, 3, 6, of=[*CASES, {}]) == ""


def test_an_axis_of_size_1_that_is_lost_is_told() -> None:
    expected = {case: answer(case, {"h": drawn(case, *s.values())}, s) for case, s in enumerate(CASES)}
    lost = {case: answer(case, {"h": drawn(7, CASES[case]["hidden"])}, {}) for case in (2, 3)}

    assert told(expected, expected | lost, (2, 3), NINE) == (
        "It is wrong only if batch is 1: is an axis of size 1 lost on the way?"
    )


def test_of_a_case_without_an_answer_no_lost_axis_is_told() -> None:
    expected = {case: answer(case, {"h": drawn(case, *s.values())}, s) for case, s in enumerate(CASES)}
    wrong = answer(2, {"h": drawn(7, *CASES[2].values())}, {})
    answered = {case: one for case, one in expected.items() if case != 3} | {2: wrong}

    assert told(expected, answered, (2, 3), NINE) == "It is wrong only if batch is 1."


# Time


def wrong_from(first: int, *axes: str) -> str:
    """Return what is said where `h` is wrong from an entry on."""
    return of_h(
        lambda h: np.concatenate([h[:first], h[first:] + drawn(99, *h[first:].shape)]), *axes, "hidden"
    )


def test_the_first_wrong_step_is_told() -> None:
    assert wrong_from(2, "steps") == ("`h` is right up to step 2, counted from 1, and wrong after that.")


@pytest.mark.parametrize(("first", "axis"), [(0, "steps"), (2, "five")])
def test_the_first_wrong_entry_is_told_along_time_only(first: int, axis: str) -> None:
    assert wrong_from(first, axis) == ""


def test_a_wrong_step_before_right_ones_is_not_told_as_wrong_from_there_on() -> None:
    assert of_h(lambda h: changed(h, 2, drawn(9)), "steps", "hidden") == ""


def test_where_the_first_wrong_step_differs_none_is_told() -> None:
    assert of_h(lambda h: np.concatenate([h[:-2], drawn(9, 2, h.shape[1])]), "steps", "hidden") == ""


def test_a_single_step_that_is_wrong_keeps_the_first_wrong_step_from_being_told() -> None:
    sizes = [*SIZES, {"steps": 1, "batch": 2, "hidden": 2}]
    found = of_h(
        lambda h: np.concatenate([h[:2], drawn(9, *h[2:].shape)]) if len(h) > 1 else drawn(9, *h.shape),
        "steps",
        "hidden",
        sizes=sizes,
    )

    assert found == ""


# What holds for all rules


def test_where_the_first_failing_case_raised_nothing_is_said_of_other_numbers() -> None:
    expected = {case: answer(case, {"h": drawn(case, 3)}, {}) for case in range(3)}
    actual = {case: answer(case, {"h": drawn(case, 3) * 2}, {}) for case in range(3)}
    raised = {0: Answer("step", 0, raised=Raised(("ValueError",), ""))}

    assert told(expected, actual | raised, (0, 1, 2), NINE) == ""


def test_a_case_without_an_answer_is_diagnosed_by_the_others() -> None:
    expected = {case: answer(case, {"h": drawn(case, 3)}, {}) for case in range(3)}
    actual = {case: answer(case, {"h": drawn(case, 3) * 2}, {}) for case in range(2)}

    assert told(expected, actual, (0, 1, 2), NINE) == "Every entry of `h` is 2 times the expected one."


def test_an_argument_changed_in_place_is_not_diagnosed_by_its_numbers() -> None:
    expected = {0: answer(0, {"h": drawn(0, 3)}, {})}
    actual = {0: Answer("step", 0, {"h": tensor(drawn(0, 3) * 2)}, changed=("x",))}

    assert told(expected, actual, (0,), NINE) == ""


def test_values_of_another_number_of_axes_from_case_to_case_are_diagnosed() -> None:
    found = said(
        lambda case, size: {"h": drawn(case, *[3] * (1 + case))},
        lambda observed: {"h": observed["h"] + drawn(9, *observed["h"].shape)},
    )

    assert found == ""


def test_noise_is_not_explained() -> None:
    assert of_h(lambda h: h + drawn(8, *h.shape), "steps", "batch", "hidden") == ""


@pytest.mark.parametrize("shape", [(), (6,), (2,), (1, 2, 3)])
@pytest.mark.parametrize("dtype", ["float64", "complex64", "bool"])
def test_an_answer_of_any_shape_and_dtype_is_diagnosed(shape: tuple[int, ...], dtype: str) -> None:
    expected = {0: Answer("c", 0, {"h": tensor(np.arange(6.0).reshape(2, 3))})}
    actual = {0: Answer("c", 0, {"h": Tensor(dtype, np.ones(shape, dtype))})}

    assert isinstance(told(expected, actual, (0,), NINE), str)


# Properties

DTYPES = ["float64", "float32", "float16", "int64", "uint8", "bool", "complex64", "complex128"]
hostile = st.sampled_from(DTYPES).flatmap(
    lambda dtype: arrays.arrays(
        dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    ).map(lambda array: Tensor(dtype, array))
)
extreme = arrays.arrays(
    "int64", st.sampled_from([(2,), (3,), (2, 3)]), elements=st.sampled_from([-(2**63), 2**63 - 1, 0, 1])
).map(lambda array: Tensor("int64", array))
alike = st.sampled_from(list(itertools.product(DTYPES, [(3,), (4, 2), (8, 1)]))).flatmap(
    lambda which: arrays.arrays(*which).map(lambda array: Tensor(which[0], array))
)
values = st.one_of(
    hostile, extreme, alike, st.floats(), st.integers(), st.booleans(), st.text(max_size=3), st.none()
)
observations = st.dictionaries(st.sampled_from(["h", "c", "h, c"]), values, max_size=3)
answers = st.builds(
    Answer,
    st.just("step"),
    st.just(0),
    observations,
    sizes=st.dictionaries(st.sampled_from(["steps", "hidden"]), st.integers(1, 4)),
) | st.just(Answer("step", 0, raised=Raised(("ValueError",), "")))


@settings(deadline=None)
@given(st.lists(st.tuples(answers, answers), min_size=1, max_size=6), st.sampled_from(["", "steps"]))
def test_any_two_answers_are_diagnosed_without_an_error(
    pairs: list[tuple[Answer, Answer]], depth: str
) -> None:
    expected = {case: one for case, (one, _) in enumerate(pairs)}
    actual = {case: other for case, (_, other) in enumerate(pairs)}

    accuracy = Accuracy(depth)
    assert isinstance(told(expected, actual, judge(expected, actual, accuracy).failing, accuracy), str)


@settings(deadline=None)
@given(st.lists(st.tuples(alike, alike), min_size=1, max_size=4))
def test_any_two_tensors_of_a_name_are_diagnosed_without_an_error(pairs: list[tuple[Tensor, Tensor]]) -> None:
    sizes = {"steps": 4, "hidden": 2}
    expected = {case: Answer("step", case, {"h": one}, sizes=sizes) for case, (one, _) in enumerate(pairs)}
    actual = {case: Answer("step", case, {"h": other}) for case, (_, other) in enumerate(pairs)}

    assert isinstance(told(expected, actual, judge(expected, actual, NINE).failing, NINE), str)


@settings(deadline=None)
@given(st.floats(1.01, 1e6) | st.floats(-1e6, -1.01) | st.floats(1e-3, 0.99), st.integers(0, 100))
def test_a_factor_that_is_told_is_the_factor(factor: float, case: int) -> None:
    found = said(lambda number, size: {"h": drawn(case + number, 3)}, lambda seen: {"h": seen["h"] * factor})

    assert found.startswith("Every entry of `h` is ")
