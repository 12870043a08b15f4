"""Questions about `GRUCell`.

Sizes of one belong to `all_sizes` and `training`: all other checks draw 2 and more, so that a cell that
loses an axis of length one keeps their points. Inputs and states are handed over as copies, so that a
cell that writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task
from grader.authoring import shared_checks as shared

task = Task(forbid=["torch.nn.GRU", "torch.nn.GRUCell"])

GATES = ("reset", "update", "new")
FIRST = {"batch": 3, "inputs": 1, "hidden": 2}  # few enough numbers to follow by hand
ALL_SIZES = ((1, 3, 2), (3, 1, 2), (2, 3, 1), (6, 6, 2), (36, 35, 34))


def sized(case: Case) -> None:
    if case.number == 0:
        case.sizes = FIRST | case.sizes
    for name in FIRST:
        case.size(name, least=2)


def cell_of(impl: Any, case: Case, scale: float = 0.5) -> Any:
    sized(case)
    return case.fill(impl.GRUCell(case.size("inputs"), case.size("hidden")), scale)


def input_of(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("batch"), case.size("inputs"), name=name)


def state_of(case: Case, name: str = "h") -> Tensor:
    return case.normal(case.size("batch"), case.size("hidden"), name=name)


def step(cell: Any, *arguments: Any) -> Any:
    return cell(*shared.copied(arguments))


@task.check(points=0, cases=2)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of torch.nn.GRUCell."""
    sized(case)
    cell = impl.GRUCell(case.size("inputs"), case.size("hidden"))
    return shared.shapes_of_parameters(cell, ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))


@task.check(points=2, after=parameters, cases=4)
def one_step(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    return {"h": step(cell_of(impl, case), input_of(case), state_of(case))}


# Zeros hide most of what comes from the state: this one does not depend on `one_step`. Asked in both
# dtypes, which tells zeros that have a dtype of their own; that of any result belongs to `all_sizes`.
@task.check(points=0.5, after=parameters, cases=4, dtype="float32")
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros, in every call and in both dtypes."""
    cell, h = cell_of(impl, case), state_of(case)
    x, later = input_of(case), input_of(case, "x of a later call")
    first, _, last = shared.one_after_another(case, cell, (x,), (x, h), (later,))
    double = cell.double()(x.double())
    from_zeros = step(cell, x.double(), torch.zeros_like(h).double())
    return {
        "h, h later": shared.in_dtype(torch.float32, [first, last]),
        "h in float64, h from given zeros": shared.in_dtype(torch.float64, [double, from_zeros]),
    }


@task.check(points=0.75, after=one_step, cases=4, digits=9)
def sequence(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h, whatever sequence is computed in between.

    Each step goes on from the state that it is given. Some steps run in evaluation mode or without
    gradients, which changes nothing. The third input is zero.
    """
    cell = cell_of(impl, case)
    h, other = state_of(case), state_of(case, "other h")
    for number in range(5):
        x = input_of(case, f"x{number + 1}") * (number != 2)
        training, gradients = shared.MODES[number % 4]
        with shared.in_mode(cell, training, gradients):
            h, other = step(cell, x, h), step(cell, x, other)
    return {"h": h, "h of the other": other}


@task.check(points=0.75, after=one_step, cases=len(ALL_SIZES), dtype="float32")
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """In float32 and at all sizes, h is right: a batch of one, a single unit, or dozens."""
    case.sizes.update(zip(FIRST, case.pick(ALL_SIZES), strict=True))
    return {"h": step(cell_of(impl, case, scale=0.3), input_of(case), state_of(case))}


# In float32, of the state only whether h is finite: where sums of such numbers nearly cancel, no more of
# it is left to compare. A single large input per sample leaves enough.
@task.check(points=0.5, after=[one_step, default_state], cases=4, digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h."""
    cell = cell_of(impl, case)
    x = case.extreme(case.size("batch"), case.size("inputs"), name="x")
    h = case.extreme(case.size("batch"), case.size("hidden"), name="h")
    usual = input_of(case, "x of ordinary size").float()
    one_large = torch.cat([10000 * usual[:, :1].clamp(-1, 1), usual[:, 1:]], dim=1)
    found = step(cell, x, h)
    in_float32 = cell.float()(x.float(), h.float())
    return {
        "h": found,
        "h is finite in float32": torch.isfinite(in_float32),
        "h in float32 without a state and with a first input up to 10000": cell(one_large),
    }


@task.check(points=0.5, after=one_step, cases=2)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call by the names x and h changes neither the input nor the state."""
    return shared.unchanged(cell_of(impl, case), x=input_of(case), h=state_of(case))


@task.check(points=1.5, after=one_step, cases=4)
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of the state are right, so the cell learns through time."""
    cell, x, h = cell_of(impl, case), input_of(case), state_of(case)
    return shared.gradients(case, lambda: step(cell, x, h), x=x, h=h)


@task.check(points=2, after=one_step, cases=4)
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and nothing else is trained."""
    cell, x, h = cell_of(impl, case), input_of(case), state_of(case)
    return shared.by_gate(shared.gradients(case, lambda: step(cell, x, h), cell), GATES, case.size("hidden"))


@task.check(points=1.5, after=[gradients_of_arguments, gradients_of_parameters], cases=4, dtype="float32")
def training(impl: Any, case: Case) -> dict[str, Any]:
    """Trained for two steps in float32, the cell gives the right h, with a single unit too.

    The loss is large, so gradients that are clipped in the cell are not right. Every result comes from the
    new parameters.
    """
    case.sizes.update(zip(FIRST, case.pick(((3, 4, 2), *ALL_SIZES[:3])), strict=True))
    cell, x, h = cell_of(impl, case), input_of(case), state_of(case)

    def large() -> list[Tensor]:
        return [50 * step(cell, x, h), 50 * step(cell, x)]

    return {"50 h, 50 h without a state": shared.trained(case, cell, large, rate=0.002)}
