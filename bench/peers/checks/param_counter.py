"""The ten cases of `cases.py` about `count_rnn_parameters`, in the words of this grader."""

from typing import Any

from grader import Case, Task

task = Task()

_SIZES = (
    (20, 128, 10, 5),
    (20, 128, 10, 10),
    (1, 1, 1, 1),
    (2, 3, 4, 5),
    (7, 5, 9, 1),
    (12, 16, 9, 3),
    (100, 120, 110, 50),
)


@task.check(points=7, cases=7)
def count(impl: Any, case: Case) -> dict[str, Any]:
    """The count is right."""
    return {"count": impl.count_rnn_parameters(*case.pick(_SIZES))}


@task.check(points=3, cases=3)
def below_one(impl: Any, case: Case) -> dict[str, Any]:
    """A size below 1 raises ValueError."""
    sizes = case.pick(((0, 1, 1, 1), (3, -1, 2, 2), (3, 4, 5, 0)))
    return {"raised": case.raises(ValueError, lambda: impl.count_rnn_parameters(*sizes))}
