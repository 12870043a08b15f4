"""What is said of the sizes on which a program raises, and when nothing is."""

from collections.abc import Callable

import pytest

from grader.judging.running_sizes import where_it_runs
from grader.report.messages import text
from grader.wire import Answer, Frame, Raised

HERE = (Frame("cell.py", 7, "forward"),)
ERROR = Raised(("RuntimeError",), "mat1 and mat2", HERE)
ELSEWHERE = Raised(("RuntimeError",), "mat1 and mat2", (Frame("cell.py", 9, "forward"),))
CASES = [(2, 3, 4), (3, 2, 5), (1, 2, 3), (2, 1, 3), (3, 2, 1), (3, 3, 3), (5, 6, 5), (1, 1, 1)]

Condition = Callable[[int, int, int], bool]


def said(runs: Condition, cases: list[tuple[int, ...]] = CASES, error: Raised = ERROR) -> str:
    """Return what is said of a program that runs on sizes `batch, inputs, hidden` with a condition."""
    names = ("batch", "inputs", "hidden")
    sizes = [dict(zip(names, case, strict=True)) for case in cases]
    expected = {"step": {n: Answer("step", n, {}, sizes=one) for n, one in enumerate(sizes)}}
    actual = {
        "step": {
            n: Answer("step", n, {}) if runs(*case) else Answer("step", n, raised=error)
            for n, case in enumerate(cases)
        },
        "parameters": {0: Answer("parameters", 0, {})},
    }
    return text(where_it_runs(error, expected, actual))


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (lambda b, i, h: b == h, "The line runs only if batch equals hidden"),
        (lambda b, i, h: b == i == h, "The line runs only if all sizes are equal"),
        (lambda b, i, h: i == 1, "The line runs only if inputs is 1."),
        (lambda b, i, h: h > 1, "The line raises only if hidden is 1"),
    ],
)
def test_the_sizes_on_which_it_runs_are_told(runs: Condition, told: str) -> None:
    assert said(runs).startswith(told)


@pytest.mark.parametrize(
    "runs",
    [
        lambda b, i, h: False,
        lambda b, i, h: (b, i) == (2, 3),
        lambda b, i, h: b == h or i == 2,
        lambda b, i, h: (b, i, h) != (2, 3, 4),
        lambda b, i, h: b == i == h == 1,
    ],
)
def test_sizes_that_do_not_explain_it_are_not_told(runs: Condition) -> None:
    assert said(runs) == ""


def test_of_two_conditions_that_hold_alike_none_is_told() -> None:
    assert said(lambda b, i, h: b == h, [(2, 3, 4), (3, 2, 5), (1, 2, 1)]) == ""
    assert said(lambda b, i, h: b == h, [(2, 3, 4), (3, 2, 5), (3, 2, 3)]) != ""


def test_an_exception_that_leaves_no_line_of_the_students_shows_no_sizes() -> None:
    assert said(lambda b, i, h: b == h, error=Raised(("RuntimeError",), "no")) == ""


def test_a_case_that_raises_elsewhere_shows_nothing_of_this_line() -> None:
    sizes = [{"batch": b, "hidden": h} for b, h in ((2, 3), (3, 2), (3, 3), (4, 4))]
    expected = {"step": {n: Answer("step", n, {}, sizes=one) for n, one in enumerate(sizes)}}
    raised = {0: ERROR, 1: ERROR, 2: None, 3: ELSEWHERE}
    actual = {"step": {n: Answer("step", n, None if one else {}, raised=one) for n, one in raised.items()}}

    assert text(where_it_runs(ERROR, expected, actual)).startswith(
        "The line runs only if batch equals hidden"
    )
