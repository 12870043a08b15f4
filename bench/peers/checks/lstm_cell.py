"""The ten cases of `cases.py` about `LSTMCell`, in the words of this grader."""

from typing import Any

from grader import Case, Task

task = Task()

_SIZES = ((2, 3, 4), (3, 2, 5), (1, 5, 4), (7, 5, 9), (12, 16, 11))


def _cell(impl: Any, case: Case) -> tuple[Any, ...]:
    batch, inputs, hidden = case.pick(_SIZES)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return cell, case.normal(batch, inputs, name="x"), h, c


def _values(impl: Any, case: Case, given: bool) -> dict[str, Any]:
    cell, x, h, c = _cell(impl, case)
    state = (h, c) if given else None
    for _ in range(5):
        state = cell(x, state)
    return {"h, c": state, "parameters": sorted(name for name, _ in cell.named_parameters())}


@task.check(points=4, cases=4)
def values(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps give the right h and c, from a given state and from none."""
    return _values(impl, case, case.number % 2 == 0)


@task.check(points=1, cases=1, dtype="float32")
def values_in_float32(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps give the right h and c in float32."""
    return _values(impl, case, True)


@task.check(points=5, cases=5)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of input, state and parameters are right."""
    cell, x, h, c = _cell(impl, case)
    return dict(case.gradients(lambda: cell(x, (h, c)), cell, x=x, h=h, c=c))
