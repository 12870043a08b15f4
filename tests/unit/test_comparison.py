"""The judge: plain data in, plain data out."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from generated_values import comparable, values
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.accuracy import Accuracy, tolerance
from grader.judging.comparison import (
    Difference,
    Judgement,
    agree,
    axes,
    compare,
    judge,
    judge_kinds,
    largest_allowed,
    share_right,
    tell_apart,
)
from grader.report import messages
from grader.results.message import Message
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word, children
from grader.wire import Answer, Raised, pack_answer, parse_answer, unpack

FLOATS = ("float64", "float32")
STEPS, NINE = Accuracy("steps", digits=9), Accuracy(digits=9)


def tensor(entries: Any, dtype: str = "float64") -> Tensor:
    return Tensor(dtype, np.array(entries, dtype))


def answer(case: int = 0, /, sizes: dict[str, int] | None = None, **observed: Value) -> Answer:
    return Answer("step", case, observed, sizes=sizes or {})


def raising(*kinds: str) -> Answer:
    return Answer("step", 0, raised=Raised(kinds, "because"))


def kind(expected: Value, actual: Value) -> str:
    """Return the kind of difference between two values, empty for none."""
    difference = compare("h", expected, actual, accuracy=NINE)
    return difference.kind if difference else ""


def difference(expected: Value, actual: Value, axis_names: Sequence[str] = ()) -> Difference:
    found = compare("h", expected, actual, axis_names, NINE)
    assert found is not None
    return found


# Tolerance


@pytest.mark.parametrize("size", [0.0, 0.5, 1.0, 100.0])
def test_a_slip_of_1e_7_is_found_in_float64(size: float) -> None:
    assert kind(tensor([size]), tensor([size + 1e-7 * max(1, size)])) == "value"


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e4])
def test_rounding_is_accepted(dtype: str, size: float) -> None:
    exact = np.array([size], dtype)
    rounded = exact * (1 + 8 * np.finfo(dtype).eps)

    assert kind(Tensor(dtype, exact), Tensor(dtype, rounded.astype(dtype))) == ""


@pytest.mark.parametrize(("dtype", "allowed"), [("float64", 1e-9), ("float32", 1e-4), ("int64", 0)])
def test_the_tolerance_is_that_of_the_contract(dtype: str, allowed: float) -> None:
    assert tolerance(dtype) == allowed


@pytest.mark.parametrize(("complex_dtype", "dtype"), [("complex128", "float64"), ("complex64", "float32")])
def test_complex_numbers_have_the_tolerance_of_their_parts(complex_dtype: str, dtype: str) -> None:
    assert tolerance(complex_dtype) == tolerance(dtype)


@pytest.mark.parametrize(("depth", "times"), [(1, 1), (10, 1), (20, 2), (1000, 100)])
def test_the_tolerance_grows_with_the_depth(depth: int, times: int) -> None:
    expected, sizes = answer(sizes={"steps": depth}, h=tensor([0.0])), (0.9e-9, 1.1e-9)

    assert [agree(expected, answer(h=tensor([times * size])), STEPS) for size in sizes] == [True, False]


def test_the_depth_is_the_size_of_that_name() -> None:
    expected = answer(sizes={"steps": 100}, h=tensor([0.0]))
    actual = answer(h=tensor([5e-9]))

    assert (agree(expected, actual, STEPS), agree(expected, actual)) == (True, False)


def test_the_sizes_that_a_submission_tells_do_not_widen_the_tolerance() -> None:
    expected = answer(sizes={"steps": 1}, h=tensor([0.0]))
    actual = answer(sizes={"steps": 10**9}, h=tensor([5e-9]))

    assert agree(expected, actual, STEPS) is False


# One value


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_found(dtype: str, wrong: float) -> None:
    found = difference(tensor([1, 2, 3], dtype), tensor([1, wrong, wrong], dtype))

    assert (found.kind, found.first, found.error) == ("finite", (1,), None)


def test_nan_equals_nan_and_inf_equals_inf() -> None:
    special = [math.nan, math.inf, -math.inf]

    assert (kind(tensor(special), tensor(special)), kind(math.nan, math.nan)) == ("", "")


def test_an_expected_nan_is_not_matched_by_a_number() -> None:
    assert (kind(tensor([math.nan]), tensor([0.0])), kind(math.nan, 0.0)) == ("value", "value")


def test_numbers_at_the_end_of_the_range_are_told_apart() -> None:
    found = difference(tensor([1e308]), tensor([-1e308]))

    assert (found.kind, found.error) == ("value", None)


def test_another_shape_is_found_even_where_it_broadcasts() -> None:
    found = difference(tensor([[1.0], [1.0]]), tensor([1.0, 1.0]))

    assert (found.kind, messages.text(found.problem)) == ("shape", "`h` has shape (2,); (2, 1) was expected")


def test_an_expected_shape_is_said_with_the_names_of_its_axes() -> None:
    found = difference(tensor([[0.0, 0.0]]), tensor([0.0]), ("batch", "hidden"))

    assert messages.text(found.problem) == "`h` has shape (1,); (1, 2), that is (batch, hidden), was expected"


def of(**observed: Value) -> Answer:
    return Answer("step", 0, observed)


RIGHT = of(w=tensor([1.0]), b=tensor([2.0]), x=None, n=3)


@pytest.mark.parametrize(
    ("given", "share"),
    [
        (RIGHT, 1),
        (of(w=tensor([1.0]), b=tensor([2.5]), x=None, n=3), 0.75),
        (of(w=tensor([1.5]), b=tensor([2.5, 1.0]), x=0, n=3), 0.25),
        (of(w=tensor([1.0]), b=tensor([2.0]), n=3), 0.75),
        (of(w=tensor([1.0]), b=tensor([2.0]), x=None, n=3, more=1), 0.8),
        (replace(RIGHT, changed=("w",)), 0),
        (replace(RIGHT, observed=None, raised=Raised(("ValueError",), "no")), 0),
        (None, 0),
    ],
)
def test_a_share_of_what_was_seen_may_be_right(given: Answer | None, share: float) -> None:
    assert share_right({0: RIGHT}, {} if given is None else {0: given}) == share


def test_what_is_wrong_in_one_case_is_wrong() -> None:
    expected = {case: replace(RIGHT, case=case) for case in range(3)}
    wrong = {
        1: of(w=tensor([1.5]), b=tensor([2.0]), x=None, n=3),
        2: of(w=tensor([1.0]), b=None, x=None, n=3),
    }

    assert share_right(expected, expected | wrong) == 0.5


def test_another_dtype_is_found_where_all_entries_agree() -> None:
    found = difference(tensor([1.0]), tensor([1.0], "float32"))

    assert (found.kind, messages.text(found.problem)) == (
        "dtype",
        "`h` has dtype float32; float64 was expected",
    )


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (1, True),
        (True, 1),
        (0, False),
        (1, 1.0),
        (1.0, 1),
        (1, "1"),
        ("None", None),
        (tensor(1.0), 1.0),
        (1.0, tensor(1.0)),
        (tensor([1.0]), Other("a tuple of 2")),
        ("a text", Other("a text")),
        (Other("a type"), Other("a type")),
        (tensor([1.0]), Tensor("float64", np.ones(1), numpy=True)),
        (Items("list", (1,)), Table("dict", ((1, 1),))),
        (Members("set", (1,)), Items("list", (1,))),
        (b"a", "a"),
        (1.0, 1 + 0j),
    ],
)
def test_a_value_of_another_type_is_found(expected: Value, actual: Value) -> None:
    assert kind(expected, actual) == "type"


@pytest.mark.parametrize("number", [0, 20362, 2**53, 10**80])
def test_a_count_is_exact(number: int) -> None:
    assert (kind(number, number), kind(number, number + 1)) == ("", "value")


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8"])
def test_whole_numbers_in_a_tensor_are_exact(dtype: str) -> None:
    found = difference(tensor([[1, 2], [3, 4]], dtype), tensor([[1, 2], [3, 5]], dtype))

    assert (found.kind, found.first, messages.text(found.problem)) == (
        "value",
        (1, 1),
        "`h` is 5 at axis 0, index 1, axis 1, index 1; 4 was expected",
    )


def test_booleans_in_a_tensor_are_compared() -> None:
    found = difference(tensor([True, False], "bool"), tensor([True, True], "bool"))

    assert (found.first, messages.text(found.problem)) == ((1,), "`h` is True at entry 1; False was expected")


def test_the_imaginary_part_counts() -> None:
    assert kind(tensor([1 + 1j], "complex128"), tensor([1 + 2j], "complex128")) == "value"


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_tensors_agree(shape: tuple[int, ...]) -> None:
    assert kind(Tensor("float64", np.zeros(shape)), Tensor("float64", np.zeros(shape))) == ""


def test_the_first_wrong_entry_is_said_with_the_names_of_its_axes() -> None:
    expected = np.zeros((2, 3))
    actual = expected.copy()
    actual[0, 2] = actual[1, 0] = 0.5
    found = difference(tensor(expected), tensor(actual), ("batch", "hidden"))

    assert messages.text(found.problem) == "`h` is 0.5 at batch 0, hidden 2; 0 was expected"


def test_the_largest_distance_is_told_with_what_was_allowed_there() -> None:
    found = difference(tensor([0.0, 100.0]), tensor([1.0, 103.0]))

    assert (found.error, found.allowed) == (3.0, pytest.approx(1e-7))


def test_every_wrong_entry_is_marked() -> None:
    found = difference(tensor([1.0, 2.0, 3.0]), tensor([1.0, 0.0, math.nan]))

    assert found.wrong is not None and found.wrong.tolist() == [False, True, True]


def test_numbers_that_differ_late_are_written_with_enough_digits() -> None:
    found = difference(tensor([1.0]), tensor([1.00000001]))

    assert messages.text(found.problem) == (
        "`h` is right to the accuracy of float32, but the check asks for 9 digits: "
        "`h` is 1.00000001 at entry 0; 1 was expected"
    )


def test_a_number_alone_has_no_place() -> None:
    assert messages.text(difference(tensor(1.0), tensor(2.0)).problem) == "`h` is 2; 1 was expected"


# A case


@pytest.mark.parametrize(
    ("actual", "problem"),
    [
        (answer(h=1), "`c` is missing; 2 was expected"),
        (answer(h=1, c=2, z=3), "`z` was not expected; it is 3"),
        (
            answer(**{"h, c": Other("a Tensor of shape (2, 3)")}),
            "2 values (h, c) were expected; a Tensor of shape (2, 3) was returned",
        ),
    ],
)
def test_a_name_that_is_missing_or_too_many_is_found(actual: Answer, problem: str) -> None:
    found = judge({0: answer(h=1, c=2)}, {0: actual})

    assert (found.failing, messages.text(found.problem)) == ((0,), problem)


def test_where_an_exception_is_expected_its_kind_counts_and_its_message_does_not() -> None:
    expected = raising("ValueError", "Exception")
    other = replace(expected, raised=Raised(("ValueError", "Exception"), "another message"))

    assert (agree(expected, other), agree(expected, raising("TypeError", "Exception"))) == (True, False)


def test_an_exception_in_place_of_an_answer_is_told() -> None:
    found = judge({0: answer(h=1)}, {0: raising("TypeError")})

    assert found == Judgement((0,), raised=Raised(("TypeError",), "because"))


def test_an_answer_in_place_of_an_exception_is_told() -> None:
    found = judge({0: raising("ValueError", "Exception")}, {0: answer(h=1)})

    assert found == Judgement((0,), problem=Message.of("exception_expected", kind="ValueError"))


def test_an_argument_that_was_changed_is_told() -> None:
    found = judge({0: answer(h=1)}, {0: replace(answer(h=1), changed=("x", "h0"))})

    assert (found.changed, messages.text(found.problem)) == (
        ("x", "h0"),
        "`x`, `h0` was changed in place; a function must not change its arguments",
    )


def test_the_smallest_failing_case_is_told() -> None:
    expected = {case: answer(case, n=case) for case in range(4)}
    actual = expected | {1: answer(1, n=10), 3: answer(3, n=30)}
    found = judge(expected, actual)

    assert (found.failing, messages.text(found.problem)) == ((1, 3), "`n` is 10; 1 was expected")


def test_a_case_without_an_answer_fails() -> None:
    expected = {case: answer(case, n=case) for case in range(3)}

    assert judge(expected, {0: expected[0], 2: expected[2]}) == Judgement((1,))


def test_an_answer_to_a_case_that_was_not_asked_changes_nothing() -> None:
    expected = {0: answer(n=1)}

    assert judge(expected, expected | {7: answer(7, n=9)}) == Judgement(())


def test_every_wrong_value_of_the_case_is_told() -> None:
    found = judge({0: answer(a=1, b=2, c=3)}, {0: answer(a=1, b=0, c=0)})

    assert [one.name for one in found.differences] == ["b", "c"]


# Axes


def shapes(*cases: tuple[dict[str, int], tuple[int, ...]]) -> dict[int, Answer]:
    return {
        case: answer(case, sizes, h=Tensor("float64", np.zeros(shape)))
        for case, (sizes, shape) in enumerate(cases)
    }


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([({"batch": 2, "hidden": 3}, (2, 3))], ("batch", "hidden")),
        ([({"batch": 2, "hidden": 3}, (3, 2))], ("hidden", "batch")),
        (
            [({"hidden": 3, "inputs": 2}, (12, 2)), ({"hidden": 2, "inputs": 3}, (8, 3))],
            ("4·hidden", "inputs"),
        ),
        ([({"hidden": 3, "inputs": 2}, (12, 2))], ("", "inputs")),
        (
            [({"hidden": 5}, (10, 15, 20, 25)), ({"hidden": 2}, (4, 6, 8, 10))],
            ("2·hidden", "3·hidden", "4·hidden", ""),
        ),
        ([({"a": 2, "b": 4}, (4,)), ({"a": 3, "b": 4}, (4,))], ("b",)),
        ([({"a": 2, "b": 4}, (4,)), ({"a": 3, "b": 4}, (6,))], ("2·a",)),
        ([({"a": 2}, (2,)), ({"a": 3}, (4,))], ("",)),
        ([({"a": 2, "b": 2}, (2, 2))], ("", "")),
        ([({"a": 2, "b": 2}, (4,)), ({"a": 3, "b": 3}, (6,))], ("",)),
        ([({}, (2,))], ("",)),
        ([({"a": 2}, ())], ()),
    ],
)
def test_an_axis_is_named_by_the_size_it_has_in_every_case(
    cases: list[tuple[dict[str, int], tuple[int, ...]]], expected: tuple[str, ...]
) -> None:
    assert axes(shapes(*cases))["h"] == expected


def test_values_whose_names_differ_in_numbers_name_their_axes_together() -> None:
    answers = {
        0: answer(0, {"a": 2, "b": 2}, **{"h at 0.5": Tensor("float64", np.zeros((2, 2)))}),
        1: answer(1, {"a": 2, "b": 3}, **{"h at 1": Tensor("float64", np.zeros((2, 3)))}),
        2: answer(2, {"a": 3, "b": 4}, **{"h at 2": Tensor("float64", np.zeros((3, 4)))}),
    }

    assert axes(answers)["h at 0.5"] == ("a", "b")


def test_what_its_author_calls_an_axis_is_its_name() -> None:
    answers = shapes(({"steps": 2}, (2,)), ({"steps": 3}, (3,)))

    assert axes(answers, {"h": ("entry",)}) == {"h": ("entry",)}


def test_where_the_number_of_axes_differs_none_is_named() -> None:
    assert axes(shapes(({"a": 2}, (2,)), ({"a": 3}, (3, 3)))) == {}


# Properties

observations = st.dictionaries(st.text(max_size=5), comparable, max_size=4)
anything = st.dictionaries(st.text(max_size=5), values, max_size=4)


@settings(deadline=None)
@given(observations)
def test_every_answer_agrees_with_itself(observed: dict[str, Value]) -> None:
    one = Answer("step", 0, observed)

    assert (agree(one, one), judge({0: one}, {0: one})) == (True, Judgement(()))


@settings(deadline=None)
@given(anything, anything)
def test_any_two_answers_are_judged_without_an_error(
    expected: dict[str, Value], actual: dict[str, Value]
) -> None:
    one, other = Answer("step", 0, expected), Answer("step", 0, actual)

    assert bool(judge({0: one}, {0: other}).failing) == (not agree(one, other))


moderate = st.floats(-1e6, 1e6)


@settings(deadline=None)
@given(
    arrays.arrays("float64", arrays.array_shapes(max_dims=3, max_side=5), elements=moderate),
    st.data(),
    st.floats(2.0, 1e6),
    st.sampled_from([-1, 1]),
)
def test_a_perturbation_above_the_tolerance_is_found_at_its_index(
    array: np.ndarray[Any, Any], data: st.DataObject, times: float, sign: int
) -> None:
    index = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape)
    actual = array.copy()
    actual[index] += sign * times * 1e-9 * max(1.0, abs(array[index]))
    found = difference(tensor(array), tensor(actual))

    assert (found.kind, found.first, found.wrong.sum() if found.wrong is not None else 0) == (
        "value",
        index,
        1,
    )


@settings(deadline=None)
@given(arrays.arrays("float64", 5, elements=moderate), st.floats(-0.5, 0.5))
def test_a_perturbation_below_the_tolerance_is_accepted(array: np.ndarray[Any, Any], part: float) -> None:
    actual = array + part * 1e-9 * np.maximum(1.0, np.abs(array))

    assert kind(tensor(array), tensor(actual)) == ""


@settings(deadline=None)
@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53))
def test_two_different_whole_numbers_differ(one: int, other: int) -> None:
    assume(one != other)

    assert (kind(one, other), kind(tensor([one], "int64"), tensor([other], "int64"))) == ("value", "value")


def tensor(entries: object, dtype: str = "float64") -> Tensor:
    return Tensor(dtype, np.array(entries, dtype))


@pytest.mark.parametrize("actual", [5.0, -np.inf, 1e308])
def test_an_expected_infinity_is_matched_by_itself_only(actual: float) -> None:
    pairs = [(tensor([np.inf]), tensor([actual])), (float("inf"), float(actual))]

    assert [compare("h", e, a) is None for e, a in pairs] == [False, False]


def test_large_whole_numbers_in_a_tensor_are_exact() -> None:
    assert compare("n", tensor([2**60], "int64"), tensor([2**60 + 1], "int64")) is not None


def test_a_whole_number_in_a_tensor_of_no_axes_is_compared() -> None:
    found = compare("n", Tensor("int64", np.array(3)), Tensor("int64", np.array(4)))

    assert found is not None and messages.text(found.problem) == "`n` is 4; 3 was expected"


@pytest.mark.parametrize("returned", [None, Other("None")])
def test_where_nothing_was_returned_the_missing_return_is_asked_for(returned: Value) -> None:
    expected = {0: Answer("step", 0, {"h": 1, "c": 2})}
    actual = {0: Answer("step", 0, {"h, c": returned})}

    assert messages.text(judge(expected, actual).problem) == (
        "2 values (h, c) were expected; None (is `return` missing?) was returned"
    )


def test_a_law_is_broken_where_no_value_is_wrong_by_itself() -> None:
    changed = judge({0: Answer("step", 0, {}, changed=("x",))}, {0: Answer("step", 0, {})})

    assert (
        Judgement((0,), problem=Message.of("authors_words", text="n is odd")).by_property,
        changed.by_property,
    ) == (True, False)


@pytest.mark.parametrize(
    ("actual", "problem", "names"),
    [
        (Answer("step", 0, {"a": 5.0, "h": None}), "`h` is None; 2 was expected", ["h"]),
        (Answer("step", 0, {"a": 5.0}), "`h` is missing; 2 was expected", ["h"]),
        (
            Answer("step", 0, {"a": 5.0, "h": 3}, changed=("x",)),
            "`x` was changed in place; a function must not change its arguments",
            [],
        ),
        (Answer("step", 0, raised=Raised(("E",), "m")), "", []),
    ],
)
def test_of_an_answer_of_another_kind_no_value_is_called_wrong(
    actual: Answer, problem: str, names: list[str]
) -> None:
    found = judge_kinds(Answer("step", 0, {"a": 1.0, "h": 2}), actual)

    assert (messages.text(found.problem), [one.name for one in found.differences]) == (problem, names)


# Values within values


def items(*parts: Value, kind: str = "list", names: tuple[str, ...] = ()) -> Items:
    return Items(kind, parts, names)


def table(*pairs: tuple[Value, Value], kind: str = "dict") -> Table:
    return Table(kind, pairs)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (items(1, 2.0), items(1, 2.0, kind="tuple")),
        (items(1, 2), items(1, 2, kind="Point", names=("x", "y"))),
        (items(2, 3), items(2, 3, kind="torch.Size")),
        (items(0, 1), items(0, 1, kind="range")),
        (3, Number("int64", 3)),
        (3.0, Number("float32", 3.0)),
        (table(("a", 1), ("b", 2)), table(("b", 2), ("a", 1), kind="OrderedDict")),
        (table((3, 1)), table((Number("int64", 3), 1))),
        (Members("set", (1, 0.1)), Members("frozenset", (0.1 + 1e-12, 1))),
        (Fields("Mine", (("x", 1),)), Fields("Yours", (("x", 1),))),
    ],
)
def test_what_is_equal_in_another_type_is_told_apart_by_an_exact_check_only(
    expected: Value, actual: Value
) -> None:
    found = [compare("h", expected, actual, accuracy=Accuracy(exact=exact)) for exact in (False, True)]

    assert [one is None for one in found] == [True, False]


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (table(("a.b", 1)), table(("a", table(("b", 1))))),
        (table((1, 2)), table(("1", 2))),
        (table((1, 2)), table((True, 2))),
        (table(), items()),
        (table(), table(("a", table()))),
        (items(), items(items())),
        (items(items(1), 2), items(1, items(2))),
        (items(1, True), items(1, 1)),
        ("\ud800", "?"),
        (items("a", "b"), items("a, b")),
        (Word("torch.dtype", "float32"), Word("numpy.dtype", "float32")),
        (1j, 2j),
        (items(1.0), items(1)),
    ],
)
def test_no_two_different_values_look_alike(expected: Value, actual: Value) -> None:
    one, other = Answer("step", 0, {"v": expected}), Answer("step", 0, {"v": actual})
    packed = [parse_answer(unpack(pack_answer(each))[0]) for each in (one, other)]

    assert not agree(*packed)


@pytest.mark.parametrize(
    ("expected", "actual", "problem"),
    [
        (items(items(1, 2), items(3, 4)), items(items(1, 2), items(5, 4)), "`v[1][0]` is 5; 3 was expected"),
        (
            items(1, 2, 3),
            items(1, 5),
            "`v` has 2 elements; 3 elements expected; they differ from `v[1]` on",
        ),
        (items(), items(1), "`v` has 1 element; 0 elements expected"),
        (
            table((1, table(("w", tensor([1.0]))))),
            table((1, table(("w", tensor([2.0]))))),
            '`v[1]["w"]` is 2 at entry 0; 1 was expected',
        ),
        (table(("a", 1), ("b", 2)), table(("a", 1)), '`v["b"]` is missing; 2 was expected'),
        (table(("a", 1)), table(("a", 1), ("b", 2)), '`v["b"]` was not expected; it is 2'),
        (
            items(1, 2, kind="Point", names=("x", "y")),
            items(1, 3, kind="tuple"),
            "`v.y` is 3; 2 was expected",
        ),
        (Fields("R", (("loss", 1.0),)), Fields("R", (("loss", 2.0),)), "`v.loss` is 2; 1 was expected"),
        (
            Members("set", (1, 2)),
            Members("set", (1, 3)),
            "`v` lacks 2 and has the unexpected 3",
        ),
        (items("a"), items(None), "`v[0]` is None; a was expected"),
        (
            items(1),
            table(("a", 1)),
            '`v` is a dict of 1 ("a"); a list of 1 (int) was expected',
        ),
    ],
)
def test_the_path_leads_to_the_first_difference(expected: Value, actual: Value, problem: str) -> None:
    found = judge({0: Answer("step", 0, {"v": expected})}, {0: Answer("step", 0, {"v": actual})})

    assert messages.text(found.problem) == problem


@pytest.mark.parametrize("place", [0, 1043, 99_999])
def test_a_long_text_is_shown_around_the_first_difference(place: int) -> None:
    text = "abcdefghij" * 10_000
    wrong = f"{text[:place]}X{text[place + 1 :]}"
    found = difference(text, wrong)

    assert (
        found.first,
        f"from character {place} on" in messages.text(found.problem),
        len(messages.text(found.problem)) < 300,
    ) == (
        (place,),
        True,
        True,
    )
    assert text[max(0, place - 5) : place] + "X" in messages.text(found.problem)


@settings(deadline=None)
@given(comparable)
def test_equal_values_pass_however_they_are_nested(value: Value) -> None:
    answer = Answer("step", 0, {"v": value})
    (message,) = unpack(pack_answer(answer))

    assert judge({0: answer}, {0: parse_answer(message)}, Accuracy(exact=True)) == Judgement(())


def changed_once(data: st.DataObject, path: str, value: Value) -> tuple[str, Value]:
    """Return a value with one difference somewhere in it, and the path to that."""
    parts = list(children(path, value))
    if not parts:
        return path, Word("changed", "by the test")
    which = data.draw(st.integers(0, len(parts) - 1))
    at, new = changed_once(data, *parts[which])
    match value:
        case Items(kind, held, names):
            return at, Items(kind, (*held[:which], new, *held[which + 1 :]), names)
        case Table(kind, pairs):
            return at, Table(kind, (*pairs[:which], (pairs[which][0], new), *pairs[which + 1 :]))
        case Fields(kind, fields):
            return at, Fields(kind, (*fields[:which], (fields[which][0], new), *fields[which + 1 :]))
    raise AssertionError(value)


@settings(deadline=None)
@given(comparable, st.data())
def test_of_values_with_one_difference_the_path_leads_to_it(value: Value, data: st.DataObject) -> None:
    path, wrong = changed_once(data, "v", value)
    found = judge({0: Answer("step", 0, {"v": value})}, {0: Answer("step", 0, {"v": wrong})})

    assert (found.failing, [one.name for one in found.differences]) == ((0,), [path])


# No stricter than the question


@pytest.mark.parametrize(("off", "passes"), [(1e-7, True), (1.5e-6, True), (3e-6, False), (1e-5, False)])
def test_without_digits_what_float32_rounds_away_is_no_mistake(off: float, passes: bool) -> None:
    found = compare("h", tensor([1.0, 0.01]), tensor([1.0, 0.01 + off]))

    assert (found is None) == passes
    assert compare("h", tensor([1.0]), tensor([1.0 + off]), accuracy=Accuracy(strict=True)) is not None


def test_the_room_is_that_of_the_largest_entry_and_no_more() -> None:
    small, large = tensor([1e-3]), tensor([1e-3, 100.0])
    moved = [
        compare("h", one, Tensor("float64", one.array + 1e-4 * (one.array < 1))) for one in (small, large)
    ]

    assert [found is None for found in moved] == [False, True]


@pytest.mark.parametrize(("digits", "off", "passes"), [(3, 5e-4, True), (3, 2e-3, False), (12, 1e-11, False)])
def test_a_check_says_how_many_digits_it_asks_for(digits: int, off: float, passes: bool) -> None:
    found = compare("h", 1.0, 1.0 + off, accuracy=Accuracy(digits=digits))

    assert (found is None) == passes


# Members of sets and long texts


MEMBERS: list[Value] = [
    Number("int64", 1),
    tensor([1.0]),
    Items("tuple", (1, 2)),
    Members("frozenset", (1, 2)),
    Table("dict", ((1, 2),)),
    Fields("Point", (("x", 1),)),
    Word("torch.dtype", "torch.float32"),
]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: type(member).__name__)
def test_a_member_of_any_kind_is_found_again_and_missed(member: Value) -> None:
    whole, less = Members("set", (member, "other")), Members("set", ("other",))

    assert compare("h", whole, Members("set", ("other", member))) is None
    assert messages.text(difference(whole, less).problem).startswith("`h` lacks ")
    assert messages.text(difference(less, whole).problem).startswith("`h` has the unexpected ")


def test_a_member_that_nearly_agrees_is_paired_and_the_others_are_named() -> None:
    found = difference(Members("set", (0.1, "a")), Members("set", (0.1 + 1e-12, "b")))

    assert messages.text(found.problem) == '`h` lacks "a" and has the unexpected "b"'


def test_long_bytes_are_shown_from_where_they_differ() -> None:
    found = difference(b"x" * 500, b"x" * 400 + b"y" * 100)

    assert (
        messages.text(found.problem).startswith("`h` differs from byte 400 on, counted from 0: "),
        found.first,
    ) == (
        True,
        (400,),
    )


def test_of_an_answer_of_another_kind_a_part_that_cannot_be_compared_is_named() -> None:
    same = Answer("step", 0, {"h": Items("list", (Other("a generator"),))})
    found = judge_kinds(same, same)

    assert messages.text(found.problem) == "`h[0]` is a generator, which cannot be compared"


@pytest.mark.parametrize(
    ("actual", "expected", "texts"),
    [
        (1 + 1e-8j, 1 + 2e-8j, ("1+1e-08j", "1+2e-08j")),
        (0.5, 0.5, ("0.5", "0.5")),
        (np.int64(3), np.int64(4), ("3", "4")),
    ],
)
def test_two_numbers_have_as_many_digits_as_it_takes(
    actual: Any, expected: Any, texts: tuple[str, str]
) -> None:
    assert tell_apart(actual, expected) == texts


def test_short_bytes_are_shown_whole() -> None:
    assert messages.text(difference(b"ab", b"ac").problem) == "`h` is b'ac'; b'ab' was expected"


# The distance that a program which shows a failure allows


def test_the_largest_distance_that_any_tensor_allows_grows_with_its_entries() -> None:
    large = tensor([1000.0, np.inf])
    found = answer(a=tensor([0.5, -1.0]), b=large, n=5, e=tensor([]))

    assert largest_allowed(found) == pytest.approx(16 * 2.0**-23 * 1000)


@pytest.mark.parametrize("found", [answer(i=tensor([np.inf])), answer(n=5), raising("ValueError")])
def test_without_a_number_in_a_tensor_no_distance_is_allowed(found: Answer) -> None:
    assert largest_allowed(found) == 0


@pytest.mark.parametrize("actual", [complex(1.7e308, 1.7e308), complex(-1.7e308, 1.7e308)])
def test_a_complex_number_whose_size_no_float_holds_is_wrong(actual: complex) -> None:
    assert kind(1 + 1j, actual) == kind(actual, 1 + 1j) == "value"
