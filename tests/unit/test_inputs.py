"""A kit notices that a case draws other inputs than where its key was made."""

import numpy as np
import pytest

from grader.judging.inputs import differing
from grader.values import Tensor, Value
from grader.wire import Answer, Drawn


def tensor(*entries: float, dtype: str = "float64") -> Tensor:
    return Tensor(dtype, np.array(entries))


def answers(*drawn: tuple[str, str, Value]) -> dict[str, dict[int, Answer]]:
    return {"step": {0: Answer("step", 0, {}, drawn=tuple(Drawn(*one) for one in drawn))}}


X = ("tensor", "x", tensor(1, 2))


@pytest.mark.parametrize(
    ("here", "there", "differ"),
    [
        ([X], [X], False),
        ([X], [("tensor", "x", tensor(1, 3))], True),
        ([("integer", "n", 3)], [("integer", "n", 3)], False),
        ([("integer", "n", 3)], [("integer", "n", 4)], True),
        ([X], [], False),
        # What depends on the program is not compared, and neither is what comes after it.
        ([("shown", "y", tensor(1))], [("shown", "y", tensor(2))], False),
        ([("fill", "w", tensor(1)), X], [("fill", "w", tensor(1, 1)), ("tensor", "x", tensor(7, 7))], False),
        ([("fill", "w", 1), X], [("fill", "w", 1.0), ("tensor", "x", tensor(7, 7))], False),
        ([("fill", "w", tensor(1))], [("fill", "v", tensor(2))], False),
    ],
)
def test_other_inputs_of_the_same_form_are_noticed(
    here: list[tuple[str, str, Value]], there: list[tuple[str, str, Value]], differ: bool
) -> None:
    assert differing(answers(*there), answers(*here)) == ["step"] * differ
