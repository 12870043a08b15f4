"""Questions about `ablated_lstm`.

The first checks are put in float32, torch's default: a function that collects its results in
float32 tensors, whatever the input, keeps their points and loses those for float64. Sizes of one
belong to `all_sizes`: all other checks draw 2 and more. Arguments are handed over as copies, so that a
function that writes into them fails `unchanged` and keeps the points for right values.
"""

import math
from typing import Any

import torch
from torch import Tensor

from grader import Case, Plot, Task
from grader.authoring import shared_checks as shared

task = Task()

NAMES = ("steps", "batch", "inputs", "hidden")
FIRST = (2, 2, 1, 2)  # few enough numbers to follow by hand
ALL_SIZES = ((1, 2, 3, 4), (2, 1, 4, 3), (3, 2, 1, 4), (2, 3, 5, 1), (3, 2, 8, 2), (2, 3, 34, 35))
LONG = (40, 2, 3, 4)
"""Sizes of a call with forty steps."""


def arguments(case: Case, sizes: tuple[int, ...] = (), scale: float = 0.5) -> dict[str, Tensor]:
    """Return the tensors of a call, by name, in the order of the signature."""
    if case.number == 0 or sizes:
        case.sizes.update(zip(NAMES, sizes or FIRST, strict=True))
    steps, batch, inputs, hidden = (case.size(name, least=1 if sizes else 2) for name in NAMES)
    return {
        "x": case.normal(steps, batch, inputs, name="x"),
        "h0": case.normal(batch, hidden, name="h0"),
        "c0": case.normal(batch, hidden, name="c0"),
        "weight_ih": case.normal(4 * hidden, inputs, name="weight_ih", scale=scale),
        "weight_hh": case.normal(4 * hidden, hidden, name="weight_hh", scale=scale),
        "bias_ih": case.normal(4 * hidden, name="bias_ih", scale=scale),
        "bias_hh": case.normal(4 * hidden, name="bias_hh", scale=scale),
    }


def copies(tensors: dict[str, Tensor]) -> list[Tensor]:
    """Return what to call the function with, the tensors themselves out of its reach."""
    return [tensor.clone() for tensor in tensors.values()]


def with_gate(impl: Any, tensors: dict[str, Tensor], gate: float | None) -> dict[str, Any]:
    """Return the states with a fixed gate, by names that hold it."""
    return {f"hs at {gate}, cs at {gate}": impl.ablated_lstm(*copies(tensors), forget_gate=gate)}


@task.check(points=1.5, cases=5, dtype="float32", depth="steps")
def ordinary(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate, h and c of every step are those of an ordinary LSTM."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)))}


# One after another, with the same tensors: a call must not remember an earlier one, nor change its results.
@task.check(points=0.75, after=ordinary, cases=4, depth="steps", digits=9)
def calls_in_turn(impl: Any, case: Case) -> dict[str, Any]:
    """In float64, several calls in turn are accurate, with and without gradients."""
    tensors = arguments(case)
    mine = copies(tensors)
    found = {}

    def call(which: str, gate: float | None, *changed: str) -> None:
        for own, (name, tensor) in zip(mine, tensors.items(), strict=True):
            own.copy_(-0.5 * tensor if name in changed else tensor)
        found[f"hs of {which}, cs of {which}"] = impl.ablated_lstm(*mine, forget_gate=gate)

    with torch.set_grad_enabled(case.pick((True, False))):
        call("the first call", None)
        call("a second call at 0.5", 0.5)
        call("a call with other recurrent weights", 0.5, "weight_hh", "bias_ih", "bias_hh")
        call("a call with other inputs and states", 0.5, "x", "h0", "c0", "weight_ih")
        call("the last call without a gate", None, "x", "h0", "c0", "weight_ih")
    leaves = [tensor.requires_grad_() for tensor in copies(tensors)]
    hs, cs = impl.ablated_lstm(*leaves)
    return found | {"hs where gradients are asked for": hs, "cs where gradients are asked for": cs}


# Large c0: what is left of it at a gate of 0 is far above the tolerance.
@task.check(points=1, after=ordinary, cases=4, digits=9)
def gate_at_zero(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 0.0 or at the int 0, all steps are right and c0 leaves no trace."""
    tensors = arguments(case)
    tensors["c0"] = case.normal(*tensors["c0"].shape, name="large c0", scale=50.0)
    return with_gate(impl, tensors, case.pick((0.0, 0)))


@task.check(points=1, after=ordinary, cases=4, digits=9)
def gate_at_one(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 1.0 or at the int 1, all steps are right."""
    return with_gate(impl, arguments(case), case.pick((1.0, 1)))


GATES = (0.5, 0.3, 0.9, 0.125, 1e-4, 0.9995, 0.01)


@task.check(points=1.25, after=ordinary, cases=len(GATES), depth="steps", digits=9)
def any_gate(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at any number between 0 and 1, all steps are right."""
    return with_gate(impl, arguments(case), case.pick(GATES))


# Legal gates are asked for among the others: a program that says the same to all fails.
@task.check(points=1, cases=5)
def outside(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate below 0, above 1 or NaN raises ValueError, for one step and for several."""
    tensors = arguments(case)
    tensors["x"] = tensors["x"][: case.pick((2, 1))]
    low, high = case.pick(((-0.001, 1.001), (-1, 2), (-50.0, 50.0), (-math.inf, math.inf), (-0.5, 1.5)))
    legal = [case.integer(1, 99, name="hundredths of a legal gate") / 100 for _ in range(3)]
    impl.ablated_lstm(*copies(tensors), forget_gate=0.5)

    def called(gate: float) -> str:
        return case.raises(ValueError, lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate))

    return {f"gate at {gate}": called(gate) for gate in case.shuffled((low, high, math.nan, *legal))}


def gradients_at(impl: Any, case: Case, gate: float | None) -> dict[str, Any]:
    """Return the gradients of 50 hs and 50 cs with respect to all arguments.

    Large, so that gradients that are clipped on the way are not right. Where c0 leaves no trace its gradient
    is zeros, or none at all: both are right. Every third case has forty steps.
    """
    tensors = arguments(case, LONG if case.number % 3 == 2 else (), scale=0.4)

    def large() -> list[Tensor]:
        return [50 * states for states in impl.ablated_lstm(*copies(tensors), forget_gate=gate)]

    found = shared.gradients(case, large, None, **tensors)
    if gate == 0 and found["gradient of c0"] is None:
        found["gradient of c0"] = torch.zeros_like(tensors["c0"])
    return found


@task.check(points=1, after=ordinary, cases=4)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate, the gradients of the input, the states and all weights are right."""
    return gradients_at(impl, case, None)


@task.check(points=1, after=any_gate, cases=8)
def gradients_with_fixed_gate(impl: Any, case: Case) -> dict[str, Any]:
    """With a fixed gate, the gradients of the input, the states and all weights are right."""
    gate = case.pick((0.5, 0.0, 1.0, 0.3))
    found = gradients_at(impl, case, gate)
    return {f"{name} at {gate}": one for name, one in found.items()}


STATES = {f"{name} at {gate}": ("steps", "batch", "hidden") for name in ("hs", "cs") for gate in (None, 0.5)}


# In float32 finite or not: where large numbers nearly cancel, no more of it is left to compare.
@task.check(points=0.5, after=ordinary, cases=4, depth="steps", digits=9, axes=STATES)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    tensors = arguments(case)
    for name in ("x", "h0", "c0"):
        tensors[name] = case.extreme(*tensors[name].shape, name=f"extreme {name}")
    gate = case.pick((None, 0.5))
    hs, cs = impl.ablated_lstm(*(tensor.float() for tensor in tensors.values()))
    return with_gate(impl, tensors, gate) | {
        "hs is finite in float32": torch.isfinite(hs),
        "cs is finite in float32": torch.isfinite(cs),
    }


@task.check(points=0.5, after=ordinary, cases=2 * len(ALL_SIZES), dtype="float32")
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """All sizes work with and without a fixed gate: one step, a batch of one, a single unit, or dozens."""
    tensors = arguments(case, case.pick(ALL_SIZES), scale=0.3)
    gate = None if case.number < len(ALL_SIZES) else 0.5
    return {f"hs at {gate}, cs at {gate}": impl.ablated_lstm(*copies(tensors), gate)}


@task.check(points=0.5, after=ordinary, cases=4)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call by the names in the task changes none of its arguments, with and without a fixed gate."""
    gate = case.pick((None, 0.5))
    return shared.unchanged(lambda **named: impl.ablated_lstm(**named, forget_gate=gate), **arguments(case))


@task.check(
    points=0,
    cases=1,
    plot=Plot("Cell state over time", x="step", y="cell state of the first unit", first=1),
)
def picture(impl: Any, case: Case) -> dict[str, Any]:
    """A picture of one cell state over twelve steps, with three forget gates."""
    tensors = arguments(case)
    batch, inputs = case.size("batch"), case.size("inputs")
    tensors["x"] = case.normal(12, batch, inputs, name="x of twelve steps")
    lines = {}
    for name, gate in (("gate as it is", None), ("gate at 0", 0.0), ("gate at 1", 1.0)):
        _, cs = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
        lines[name] = cs[:, 0, 0]
    return lines
