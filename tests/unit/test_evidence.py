"""What a person reads: windows of tensors, lines of code, pictures."""

import numpy as np
import pytest

from grader.authoring.task import Plot
from grader.judging import evidence
from grader.judging.comparison import Judgement, judge
from grader.judging.evidence import comparisons, excerpt, picture, raised, shown
from grader.results.report import SourceLine
from grader.submission.loader import Submission
from grader.values import Items, Other, Tensor, Value
from grader.wire import Answer, Drawn, Frame, Raised


def tensor(array: object, dtype: str = "float64") -> Tensor:
    return Tensor(dtype, np.array(array, dtype))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "nothing", "None"),
        (5, "number", "5"),
        (True, "number", "True"),
        (0.5, "number", "0.5"),
        (float("nan"), "number", "nan"),
        ("words", "text", "words"),
        (Other("a tuple of 2"), "text", "a tuple of 2"),
        (tensor(1.5), "tensor", "float64 number"),
        (tensor([[1, 2]], "int64"), "tensor", "int64 tensor (1, 2)"),
    ],
)
def test_a_value_is_described_in_a_line(value: Value, kind: str, text: str) -> None:
    found = shown("h", value)

    assert (found.kind, found.text) == (kind, text)


def test_the_axes_of_a_tensor_are_named() -> None:
    found = shown("h", tensor(np.zeros((2, 3, 1))), ("batch", "hidden"))

    assert (found.text, found.axes) == ("float64 tensor (batch 2, hidden 3, 1)", ("batch", "hidden", ""))


def test_a_small_tensor_is_shown_whole() -> None:
    found = shown("h", tensor([[1, 2], [3, 4]]))

    assert (found.shape, found.origin, found.window, found.values) == ((2, 2), (0, 0), (2, 2), (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("shape", "keep", "origin", "window"),
    [
        ((100, 100), (0, 0), (0, 0), (64, 64)),
        ((100, 100), (99, 99), (36, 36), (64, 64)),
        ((100, 100), (50, 10), (18, 0), (64, 64)),
        ((1000,), (500,), (468,), (64,)),
        ((9, 4, 100), (7, 3, 99), (7, 0, 36), (1, 4, 64)),
        ((5, 6, 7, 8), (4, 5, 0, 0), (4, 5, 0, 0), (1, 1, 7, 8)),
    ],
)
def test_of_a_large_tensor_the_window_with_the_wrong_entry_is_shown(
    shape: tuple[int, ...], keep: tuple[int, ...], origin: tuple[int, ...], window: tuple[int, ...]
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    found = shown("h", Tensor("int64", array), keep=keep)

    assert (found.origin, found.window, array[keep] in found.values) == (origin, window, True)


def test_entries_that_are_not_finite_are_texts() -> None:
    assert shown("h", tensor([np.nan, np.inf, -np.inf, 1])).values == ("nan", "inf", "-inf", 1.0)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (100, 0)])
def test_an_empty_tensor_can_be_shown(shape: tuple[int, ...]) -> None:
    assert shown("h", tensor(np.zeros(shape))).values == ()


def compared(expected: dict[str, Value], actual: dict[str, Value]) -> list[object]:
    one, other = Answer("step", 0, expected), Answer("step", 0, actual)
    found = comparisons(one, other, {}, judge({0: one}, {0: other}).differences)
    return [(c.name, c.agrees, c.wrong, c.wrong_count, c.total, c.first_wrong) for c in found]


def test_wrong_values_come_first_and_are_marked() -> None:
    expected = {"a": tensor([1, 2, 3]), "b": tensor([1, 2, 3])}
    actual = {"a": tensor([1, 2, 3]), "b": tensor([1, 0, 0])}

    assert compared(expected, actual) == [("b", False, (1, 2), 2, 3, (1,)), ("a", True, (), 0, 0, None)]


def test_positions_are_those_within_the_window() -> None:
    expected, actual = np.zeros((100, 100)), np.zeros((100, 100))
    actual[99, 98] = actual[99, 99] = 1
    actual[0, 0] = 1
    ((_, _, wrong, count, total, first),) = compared({"h": tensor(expected)}, {"h": tensor(actual)})  # type: ignore[misc]

    assert (wrong, count, total, first) == ((0,), 3, 10_000, (0, 0))


@pytest.mark.parametrize(
    ("actual", "names"),
    [
        ({}, ["h"]),
        ({"h": None}, ["h"]),
        ({"h": tensor([1.0]), "z": 5}, ["z", "h"]),
        ({"h": Other("a list")}, ["h"]),
    ],
)
def test_a_value_that_is_missing_or_of_another_kind_can_be_shown(
    actual: dict[str, Value], names: list[str]
) -> None:
    one, other = Answer("step", 0, {"h": tensor([1.0])}), Answer("step", 0, actual)
    found = comparisons(one, other, {}, judge({0: one}, {0: other}).differences)

    assert [c.name for c in found] == names


SUBMISSION = Submission("anna", {"a.py": b"one\ntwo\nthree\nfour\nfive\nsix\n", "b.py": b"only"}, {})


@pytest.mark.parametrize(
    ("line", "numbers"), [(1, [1, 2, 3]), (3, [1, 2, 3, 4, 5]), (6, [4, 5, 6, 7]), (99, []), (0, [1, 2])]
)
def test_the_lines_around_a_place_are_shown(line: int, numbers: list[int]) -> None:
    found = excerpt(Frame("a.py", line, "f"), SUBMISSION)

    assert ([one.number for one in found.lines], [one.number for one in found.lines if one.marked]) == (
        numbers,
        [line] if line in numbers else [],
    )


def test_a_line_is_shown_as_it_is_written() -> None:
    assert excerpt(Frame("b.py", 1, "f"), SUBMISSION).lines == (
        SourceLine(number=1, text="only", marked=True),
    )


def test_a_long_line_is_cut() -> None:
    long = Submission("", {"a.py": b"x" * 10**6}, {})

    assert len(excerpt(Frame("a.py", 1, ""), long).lines[0].text) == 400


def test_frames_in_files_that_are_not_there_are_left_out() -> None:
    error = Raised(("E",), "m", (Frame("../../etc/passwd", 1, "f"), Frame("b.py", 1, "g")))

    assert [one.file for one in raised(error, SUBMISSION).excerpts] == ["b.py"]


def test_of_many_frames_the_first_and_the_last_are_shown() -> None:
    frames = tuple(Frame("a.py", number, f"f{number}") for number in range(1, 7))
    found = raised(Raised(("E", "Exception"), "m", frames), SUBMISSION)

    assert ([one.function for one in found.excerpts], found.type) == (["f1", "f2", "f3", "f6"], "E")


PLOT = Plot("Norms", "d", "norm", log=True, first=1)


def drawn_picture(expected: dict[str, Value], actual: dict[str, Value] | None) -> list[object] | None:
    given = None if actual is None else Answer("step", 0, actual)
    found = picture(PLOT, Answer("step", 0, expected), given)
    return None if found is None else [(one.name, one.expected, one.actual) for one in found.lines]


@pytest.mark.parametrize(
    ("actual", "line"),
    [
        ({"n": tensor([3.0, 4.0])}, (3.0, 4.0)),
        ({"n": tensor([3.0, np.nan])}, (3.0, None)),
        ({"n": tensor([3, 4], "int64")}, (3.0, 4.0)),
        ({"n": tensor([3.0])}, (3.0,)),
        ({"n": tensor([3.0] * 4)}, (3.0,) * 4),
        ({"n": tensor([3.0] * 5)}, None),
        ({"n": tensor([[3.0, 4.0]])}, None),
        ({"n": tensor([1j, 2j], "complex64")}, None),
        ({"n": Other("a list")}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_picture_shows_what_fits_beside_what_was_expected(
    actual: dict[str, Value] | None, line: tuple[float | None, ...] | None
) -> None:
    assert drawn_picture({"n": tensor([1.0, 2.0])}, actual) == [("n", (1.0, 2.0), line)]


def test_what_the_check_works_out_by_itself_is_drawn_once() -> None:
    plot = Plot("Norms", "d", "norm", beside=["bound"])
    seen: dict[str, Value] = {"n": tensor([1.0, 2.0]), "bound": tensor([3.0, 4.0])}
    found = picture(plot, Answer("step", 0, seen), Answer("step", 0, seen))

    assert found is not None
    assert [(one.name, one.expected, one.actual, one.beside) for one in found.lines] == [
        ("n", (1.0, 2.0), (1.0, 2.0), False),
        ("bound", (3.0, 4.0), None, True),
    ]


def test_where_many_answers_are_right_only_the_students_is_drawn() -> None:
    plot = Plot("Norms", "d", "norm", ticks=["8", "16"], expected=False)
    found = picture(
        plot, Answer("step", 0, {"n": tensor([1.0, 2.0])}), Answer("step", 0, {"n": tensor([3.0, 4.0])})
    )

    assert found is not None
    assert (found.ticks, [(one.expected, one.actual) for one in found.lines]) == (
        ("8", "16"),
        [(None, (3.0, 4.0))],
    )


def test_of_a_broken_law_what_was_seen_is_shown_and_nothing_is_expected() -> None:
    expected = {
        0: Answer("step", 0, {"h": tensor(np.zeros((2, 3))), "n": 5}, sizes={"batch": 2, "hidden": 3})
    }
    actual = {0: Answer("step", 0, {"h": tensor(np.ones((2, 3))), "n": 7})}
    drawn = [Drawn("tensor", "x", tensor([1.0])), Drawn("fill", "weight", tensor([2.0]))]
    law = Judgement((0,), problem="n is odd")
    found = evidence.evidence(law, expected, actual, drawn, "", SUBMISSION, {})

    assert (
        found.comparisons,
        [(one.name, one.text) for one in found.seen],
        [one.name for one in found.inputs],  # its parameters may be other ones
    ) == ((), [("h", "float64 tensor (batch 2, hidden 3)"), ("n", "7")], ["x"])


def test_without_a_list_of_numbers_there_is_no_picture() -> None:
    assert drawn_picture({"h": tensor([[1.0]]), "n": 5}, {}) is None


def test_evidence_names_the_axes_of_the_inputs_where_there_is_no_doubt() -> None:
    sizes = {"batch": 2, "hidden": 3}
    expected = {0: Answer("step", 0, {"h": tensor([1.0])}, sizes=sizes)}
    actual = {0: Answer("step", 0, {"h": tensor([2.0])})}
    drawn = [
        Drawn("tensor", "x", tensor(np.zeros((2, 3, 12, 7)))),
        Drawn("integer", "n", 4),
        Drawn("cotangent", "", tensor([1.0])),
    ]
    found = evidence.evidence(judge(expected, actual), expected, actual, drawn, "print()", SUBMISSION, {})

    assert (
        [(one.name, one.axes) for one in found.inputs],
        found.sizes,
        found.failing_cases,
        found.snippet,
    ) == (
        [("x", ("batch", "hidden", "4·hidden", "")), ("n", ())],
        sizes,
        (0,),
        "print()",
    )


def test_inputs_are_shown_as_what_they_are() -> None:
    expected = {0: Answer("step", 0, {"h": tensor([1.0])})}
    actual = {0: Answer("step", 0, {"h": tensor([2.0])})}
    drawn = [
        Drawn("tensor", "labels", tensor([0, 2], "int64")),
        Drawn("tensor", "mask", tensor([True, False], "bool")),
        Drawn("text", "word", "ab "),
        Drawn("shown", "pairs", Items("list", ("a", 1))),
    ]
    found = evidence.evidence(judge(expected, actual), expected, actual, drawn, "", SUBMISSION, {})

    assert [(one.name, one.kind, one.dtype, one.values, one.text) for one in found.inputs] == [
        ("labels", "tensor", "int64", (0, 2), "int64 tensor (2)"),
        ("mask", "tensor", "bool", (True, False), "bool tensor (2)"),
        ("word", "text", "", (), '"ab "'),
        ("pairs", "text", "", (), '["a", 1]'),
    ]


def test_of_a_long_text_what_stands_around_the_difference_is_shown() -> None:
    expected, actual = Answer("step", 0, {"t": "x" * 500}), Answer("step", 0, {"t": "x" * 400 + "y" * 100})
    (found,) = comparisons(expected, actual, {}, judge({0: expected}, {0: actual}).differences)

    assert found.expected is not None and found.actual is not None
    assert ("y" in found.expected.text, "y" in found.actual.text) == (False, True)


def test_a_complex_entry_is_a_text() -> None:
    assert shown("h", tensor([1 + 2j], "complex128")).values == ("(1+2j)",)


def test_of_a_broken_law_the_value_that_it_named_is_shown() -> None:
    answers = {0: Answer("step", 0, {"h": tensor([1.0]), "n": 7})}
    found = evidence.evidence(
        Judgement((0,), problem="n is odd", shown="n"), answers, answers, [], "", SUBMISSION, {}
    )

    assert [one.name for one in found.seen] == ["n"]


def test_if_the_solution_raised_there_is_no_picture() -> None:
    raising = Answer("step", 0, raised=Raised(("ValueError",), "no"))

    assert picture(Plot("Norms", "d", "norm"), raising, None) is None


def test_of_a_case_that_was_not_answered_the_inputs_are_shown() -> None:
    expected = {0: Answer("step", 0, {"h": tensor([1.0])}, sizes={"batch": 2})}
    drawn = [Drawn("tensor", "x", tensor([1.0]))]
    found = evidence.evidence(Judgement((0,)), expected, {}, drawn, "", SUBMISSION, {})

    assert (found.comparisons, found.seen, [one.name for one in found.inputs]) == ((), (), ["x"])
