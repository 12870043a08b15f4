"""Questions about `LSTMCell`.

Sizes of one belong to `all_sizes` and `training`: all other checks draw 2 and more, so that a cell that
loses an axis of length one keeps their points. Inputs and states are handed over as copies, so that a
cell that writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task
from grader.authoring import shared_checks as shared

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])

GATES = ("input", "forget", "cell", "output")
FIRST = {"batch": 3, "inputs": 1, "hidden": 2}  # few enough numbers to follow by hand
ALL_SIZES = ((1, 3, 2), (3, 1, 2), (2, 3, 1), (8, 8, 2), (36, 35, 34))


def sized(case: Case) -> None:
    if case.number == 0:
        case.sizes = FIRST | case.sizes
    for name in FIRST:
        case.size(name, least=2)


def cell_of(impl: Any, case: Case, scale: float = 0.5) -> Any:
    sized(case)
    return case.fill(impl.LSTMCell(case.size("inputs"), case.size("hidden")), scale)


def input_of(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("batch"), case.size("inputs"), name=name)


def state_of(case: Case, name: str = "") -> tuple[Tensor, Tensor]:
    h, c = (case.normal(case.size("batch"), case.size("hidden"), name=f"{name}{one}") for one in "hc")
    return h, c


def step(cell: Any, *arguments: Any) -> Any:
    return cell(*shared.copied(arguments))


@task.check(points=0, cases=2)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of torch.nn.LSTMCell."""
    sized(case)
    cell = impl.LSTMCell(case.size("inputs"), case.size("hidden"))
    return shared.shapes_of_parameters(cell, ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))


@task.check(points=0, after=parameters, cases=2)
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A step returns two tensors, h and c, of shape (batch, hidden)."""
    result = step(cell_of(impl, case), input_of(case), state_of(case))
    return {"what a step returned": shared.described(result)}


@task.check(points=2, after=returned, cases=4)
def cell_state(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right c."""
    _, c = step(cell_of(impl, case), input_of(case), state_of(case))
    return {"c": c}


@task.check(points=2, after=returned, cases=4)
def hidden_state(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    h, _ = step(cell_of(impl, case), input_of(case), state_of(case))
    return {"h": h}


# Zeros hide the forget gate and the recurrent weights: this one does not depend on the two above. Asked
# in both dtypes, which tells zeros that have a dtype of their own; that of any result belongs to `all_sizes`.
@task.check(points=1, after=returned, cases=4, dtype="float32")
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros, in every call and in both dtypes."""
    cell, state = cell_of(impl, case), state_of(case)
    x, later = input_of(case), input_of(case, "x of a later call")
    first, _, last = shared.one_after_another(case, cell, (x,), (x, state), (later,))
    double = cell.double()(x.double())
    from_zeros = step(cell, x.double(), [torch.zeros_like(one).double() for one in state])
    return {
        "h, c": shared.in_dtype(torch.float32, first),
        "h later, c later": shared.in_dtype(torch.float32, last),
        "h in float64, c in float64": shared.in_dtype(torch.float64, double),
        "h from given zeros, c from given zeros": shared.in_dtype(torch.float64, from_zeros),
    }


@task.check(points=1.5, after=[cell_state, hidden_state], cases=4, digits=9)
def sequence(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h and c, whatever sequence is computed in between.

    Each step goes on from the state that it is given. Some steps run in evaluation mode or without
    gradients, which changes nothing.
    """
    cell = cell_of(impl, case)
    state, other = state_of(case), state_of(case, "other ")
    for number in range(5):
        x = input_of(case, f"x{number + 1}")
        training, gradients = shared.MODES[number % 4]
        with shared.in_mode(cell, training, gradients):
            state, other = step(cell, x, state), step(cell, x, other)
    return {"h, c": state, "h of the other, c of the other": other}


@task.check(points=1.5, after=[cell_state, hidden_state], cases=len(ALL_SIZES), dtype="float32")
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """In float32 and at all sizes, h and c are right: a batch of one, a single unit, or dozens."""
    case.sizes.update(zip(FIRST, case.pick(ALL_SIZES), strict=True))
    return {"h, c": step(cell_of(impl, case, scale=0.3), input_of(case), state_of(case))}


# In float32 finite or not: where sums of such numbers nearly cancel, no more of it is left to compare.
@task.check(points=1, after=[cell_state, hidden_state], cases=4, digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    cell = cell_of(impl, case)
    x = case.extreme(case.size("batch"), case.size("inputs"), name="x")
    h, c = (case.extreme(case.size("batch"), case.size("hidden"), name=name) for name in "hc")
    found = step(cell, x, (h, c))
    single_h, single_c = cell.float()(x.float(), (h.float(), c.float()))
    return {
        "h, c": found,
        "h is finite in float32": torch.isfinite(single_h),
        "c is finite in float32": torch.isfinite(single_c),
    }


@task.check(points=1, after=[cell_state, hidden_state], cases=2)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call by the names x and state changes neither the input nor the state."""
    return shared.unchanged(cell_of(impl, case), x=input_of(case), state=state_of(case))


@task.check(points=3, after=[cell_state, hidden_state], cases=4)
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of both states are right, so the cell learns through time."""
    cell, x, (h, c) = cell_of(impl, case), input_of(case), state_of(case)
    return shared.gradients(case, lambda: step(cell, x, (h, c)), x=x, h=h, c=c)


@task.check(points=4, after=[cell_state, hidden_state], cases=4)
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and nothing else is trained."""
    cell, x, state = cell_of(impl, case), input_of(case), state_of(case)
    found = shared.gradients(case, lambda: step(cell, x, state), cell)
    return shared.by_gate(found, GATES, case.size("hidden"))


@task.check(points=3, after=[gradients_of_arguments, gradients_of_parameters], cases=4, dtype="float32")
def training(impl: Any, case: Case) -> dict[str, Any]:
    """Trained for two steps in float32, the cell gives the right h and c, with a single unit too.

    The loss is large, so gradients that are clipped in the cell are not right. Every result comes from the
    new parameters.
    """
    case.sizes.update(zip(FIRST, case.pick(((3, 4, 2), *ALL_SIZES[:3])), strict=True))
    cell, x, state = cell_of(impl, case), input_of(case), state_of(case)

    def large() -> list[Tensor]:
        return [50 * one for one in (*step(cell, x, state), *step(cell, x))]

    names = "50 h, 50 c, 50 h without a state, 50 c without a state"
    return {names: shared.trained(case, cell, large, rate=0.002)}
