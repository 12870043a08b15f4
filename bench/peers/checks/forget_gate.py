"""The ten cases of `cases.py` about `ablated_lstm`, in the words of this grader."""

import math
from typing import Any

from grader import Case, Task

task = Task()


def _arguments(case: Case) -> list[Any]:
    steps, batch, inputs, hidden = 5, 3, 2, 4
    shapes = (steps, batch, inputs), (batch, hidden), (batch, hidden), (4 * hidden, inputs)
    return [case.normal(*shape) for shape in (*shapes, (4 * hidden, hidden), (4 * hidden,), (4 * hidden,))]


@task.check(points=7, cases=7)
def gate(impl: Any, case: Case) -> dict[str, Any]:
    """All steps are right, with the forget gate held and not held."""
    held = case.pick((None, None, 0, 1, 0.5, 0.3, 0.9))
    copies = [argument.clone() for argument in _arguments(case)]
    return {"hs, cs": impl.ablated_lstm(*copies, forget_gate=held)}


@task.check(points=3, cases=3)
def outside(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate outside [0, 1] raises ValueError."""
    held = case.pick((-0.001, 1.5, math.nan))
    return {"raised": case.raises(ValueError, lambda: impl.ablated_lstm(*_arguments(case), forget_gate=held))}
