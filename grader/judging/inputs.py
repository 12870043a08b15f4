"""Whether a case draws the same inputs here as where the key of a kit was made.

Random numbers are the same on all machines that we know of; a later version of torch may draw others. Then
the answers in the key are answers to other questions, and no student pays for that.
"""

from collections.abc import Sequence

import numpy as np

from grader.assignment.answer_key import Answers
from grader.values import Tensor, Value
from grader.wire import Drawn

_SHOWN = "shown"
"""How a value was drawn that a check computed, perhaps from what the program returned."""


def differing(known: Answers, given: Answers) -> list[str]:
    """Return the checks of which a case drew other inputs than those that are known."""
    return [
        check
        for check, by_case in given.items()
        if any(_differ(answer.drawn, known[check][case].drawn) for case, answer in by_case.items())
    ]


def _differ(here: Sequence[Drawn], there: Sequence[Drawn]) -> bool:
    """Whether two draws of the same form differ.

    Only up to the first that has another form: what is drawn then depends on the program, which may have
    other parameters than the solution, or raise an exception in between.
    """
    for one, other in zip(here, there, strict=False):
        if (one.how, one.name, _form(one.value)) != (other.how, other.name, _form(other.value)):
            return False
        if one.how != _SHOWN and not _equal(one.value, other.value):
            return True
    return False


def _form(value: Value) -> object:
    return (value.dtype, value.array.shape) if isinstance(value, Tensor) else type(value)


def _equal(one: Value, other: Value) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return np.array_equal(one.array, other.array)
    return one == other
