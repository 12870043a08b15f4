"""Questions about `ablated_lstm`.

The first checks are put in float32, torch's default: a function that collects its results in
float32 tensors, whatever the input, keeps their points and loses those for float64. Sizes of one
belong to `size_one`, `gate_at_size_one` and `gradients_elsewhere`: all other checks draw 2 and more.
Arguments are handed over as copies, so that a function that writes into them fails `unchanged` and
keeps the points for right values.
"""

import math
from typing import Any

import torch
from torch import Tensor

from grader import Case, Plot, Task

task = Task()


def arguments(case: Case, least: int = 2) -> dict[str, Tensor]:
    """Return the tensors of a call, by name, in the order of the signature."""
    steps, batch = case.size("steps", least), case.size("batch", least)
    inputs, hidden = case.size("inputs", least), case.size("hidden", least)
    return drawn(case, steps, batch, inputs, hidden)


def drawn(
    case: Case, steps: int, batch: int, inputs: int, hidden: int, scale: float = 0.5
) -> dict[str, Tensor]:
    """Return the tensors of a call of these sizes, the weights `scale` times standard."""
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


def fixed_at(impl: Any, case: Case, tensors: dict[str, Tensor], gate: float) -> str:
    """Return whether a forget gate raises ValueError, or what else happens."""
    return case.raises(ValueError, lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate))


@task.check(points=1.5, dtype="float32", depth="steps")
def ordinary(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate, h and c of every step are those of an ordinary LSTM, in float32."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)))}


@task.check(points=0.5, after=ordinary, depth="steps", digits=9)
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate and with float64 inputs, the result is float64 and accurate to float64."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)))}


@task.check(points=0.75, after=ordinary, dtype="float32", depth="steps")
def gate_at_zero(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 0.0, all steps are right."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)), forget_gate=0.0)}


@task.check(points=0.75, after=ordinary, dtype="float32", depth="steps")
def gate_at_one(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 1.0, all steps are right."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)), forget_gate=1.0)}


@task.check(points=0.75, after=float64, depth="steps")
def gate_between(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate between 0 and 1, all steps are right."""
    gate = case.pick((0.5, 0.3, 0.9, 0.125, 0.7, 0.01))
    states = impl.ablated_lstm(*copies(arguments(case)), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.25, after=[gate_at_zero, gate_at_one], cases=4, dtype="float32", depth="steps")
def gate_as_int(impl: Any, case: Case) -> dict[str, Any]:
    """The integers 0 and 1 give the same result as 0.0 and 1.0."""
    gate = case.pick((0, 1))
    states = impl.ablated_lstm(*copies(arguments(case)), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


# Large c0: what is left of it at a gate of 0 is far above the tolerance.
@task.check(points=0.25, after=[float64, gate_at_zero, gate_at_one], cases=3, digits=9)
def borders_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 0.0, -0.0 and 1.0, all steps are accurate to float64."""
    tensors = arguments(case)
    gate = case.pick((0.0, 1.0, -0.0))
    if gate == 0:
        tensors["c0"] = case.normal(*tensors["c0"].shape, name="large c0", scale=50.0)
    states = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.25, after=gate_between, cases=5, digits=9)
def any_gate(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate close to 0 or 1, or with many digits, is not rounded."""
    tensors = arguments(case)
    any_number = case.integer(1, 10**6 - 1, name="millionths") / 1e6
    gate = case.pick((1e-4, 0.99951, 1e-6, 1 - 1e-6, any_number))
    states = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.25, after=gate_between, cases=3, dtype="float32")
def gate_in_float32(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate between 0 and 1 and float32 inputs, all steps are right and float32."""
    gate = case.pick((0.5, 0.3, 0.9))
    states = impl.ablated_lstm(*copies(arguments(case)), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.5, cases=6)
def outside(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate below 0 or above 1 raises ValueError; 0.5 does not.

    However near the borders it is, and for a single step as for several.
    """
    tensors = arguments(case)
    tensors["x"] = tensors["x"][: case.pick((2, 1))]
    low, high = case.pick(
        (
            (-0.001, 1.001),
            (-1, 2),
            (-50.0, 50.0),
            (-math.inf, math.inf),
            (-5e-324, math.nextafter(1, 2)),
            (-1e-9, 1 + 1e-9),
        )
    )
    legal = case.integer(1, 99, name="hundredths of a legal gate") / 100
    impl.ablated_lstm(*copies(tensors), forget_gate=0.5)
    return {
        f"gate at {gate}": fixed_at(impl, case, tensors, gate) for gate in case.shuffled((low, high, legal))
    }


@task.check(points=0.25, cases=2)
def not_a_number(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate of NaN raises ValueError; 0.5 does not."""
    tensors = arguments(case)
    tensors["x"] = tensors["x"][: case.pick((2, 1))]
    legal = [case.integer(1, 99, name="hundredths of a legal gate") / 100 for _ in range(3)]
    impl.ablated_lstm(*copies(tensors), forget_gate=0.5)
    return {
        f"gate at {gate}": fixed_at(impl, case, tensors, gate) for gate in case.shuffled((math.nan, *legal))
    }


@task.check(points=0.5, after=float64, depth="steps")
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate, the gradients of the input, the states and all weights are right."""
    tensors = arguments(case)
    found = case.gradients(lambda: impl.ablated_lstm(*copies(tensors), forget_gate=None), None, **tensors)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=gate_between, depth="steps")
def gradients_with_fixed_gate(impl: Any, case: Case) -> dict[str, Any]:
    """With a fixed gate, the gradients of the input, the states and all weights are right."""
    tensors = arguments(case)
    gate = case.pick((0.5, 0.3, 0.9))
    found = case.gradients(lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate), None, **tensors)
    return {f"gradient of {name} at {gate}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=float64, depth="steps", digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    tensors = arguments(case)
    tensors["x"] = case.extreme(*tensors["x"].shape, name="extreme x")
    tensors["h0"] = case.extreme(*tensors["h0"].shape, name="extreme h0")
    tensors["c0"] = case.extreme(*tensors["c0"].shape, name="extreme c0")
    return {"hs, cs": impl.ablated_lstm(*copies(tensors))}


@task.check(points=0.25, after=float64, cases=7, depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, a single input and a single hidden unit work."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case, least=1)))}


@task.check(points=0.5, after=float64, cases=4)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The arguments are not changed, with and without a fixed gate, and under no_grad() too."""
    tensors = arguments(case)
    gate = case.pick((None, 0.5, 0.0, 1.0))
    impl.ablated_lstm(*tensors.values(), forget_gate=gate)
    with torch.no_grad():
        impl.ablated_lstm(*tensors.values(), forget_gate=gate)
    return {f"{name} afterwards": tensor for name, tensor in tensors.items()}


SIZES_OF_ONE = ((1, 2, 3, 4), (2, 1, 4, 3), (3, 2, 1, 4), (2, 3, 5, 1))


@task.check(points=0.25, after=[size_one, gate_between], cases=4)
def gate_at_size_one(impl: Any, case: Case) -> dict[str, Any]:
    """With a fixed gate, one step, a batch of one, a single input and a single hidden unit work."""
    tensors = drawn(case, *case.pick(SIZES_OF_ONE))
    gate = case.pick((0.5, 0.3, 0.9, 0.7))
    states = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


# In float32 finite or not: where large numbers nearly cancel, no more of it is left to compare.
@task.check(points=0.25, after=[extreme_inputs, gate_between], cases=3, digits=9)
def extreme_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """With a fixed gate, inputs and states as large as 10000 give right results, finite in float32."""
    tensors = arguments(case)
    for name in ("x", "h0", "c0"):
        tensors[name] = case.extreme(*tensors[name].shape, name=f"extreme {name}")
    gate = case.pick((0.5, 0.3, 0.9))
    states = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    hs, cs = impl.ablated_lstm(*(tensor.float() for tensor in tensors.values()))
    return {
        f"hs at {gate}, cs at {gate}": states,
        "hs is finite in float32": torch.isfinite(hs),
        "cs is finite in float32": torch.isfinite(cs),
    }


# Where c0 leaves no trace its gradient is zeros, or none at all: both are right. In float32, where a
# gate that comes near enough to the borders counts as one that is there.
@task.check(
    points=0.25,
    after=[gradients_with_fixed_gate, gate_at_zero, gate_at_one],
    cases=4,
    dtype="float32",
)
def gradients_at_borders(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 0.0 and 1.0, the gradients are right."""
    tensors = arguments(case)
    gate = case.pick((0.0, 1.0))
    found = case.gradients(lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate), None, **tensors)
    if gate == 0 and found["c0"] is None:
        found["c0"] = torch.zeros_like(tensors["c0"])
    return {f"gradient of {name} at {gate}": gradient for name, gradient in found.items()}


@task.check(
    points=0.25, after=[gradients, gradients_with_fixed_gate, gate_in_float32], cases=4, dtype="float32"
)
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right in float32, when sizes are 1, and when they are large."""
    tensors = drawn(case, *case.pick(SIZES_OF_ONE))

    def large(gate: float | None) -> list[Tensor]:
        return [50 * states for states in impl.ablated_lstm(*copies(tensors), forget_gate=gate)]

    ordinary = case.gradients(lambda: large(None), None, **tensors)
    fixed = case.gradients(lambda: large(0.5), None, **tensors)
    return {f"gradient of {name}": gradient for name, gradient in ordinary.items()} | {
        f"gradient of {name} at 0.5": gradient for name, gradient in fixed.items()
    }


@task.check(points=0.25, after=[gradients, gradients_with_fixed_gate, borders_in_float64], cases=3, digits=9)
def forty_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Over forty steps, values and gradients are right with and without a fixed gate."""
    tensors = drawn(case, 40, 2, 3, 4, scale=0.4)
    gate = case.pick((None, 0.9, 1.0))
    hs, cs = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    found = case.gradients(lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate), None, **tensors)
    return {"hs": hs, "cs": cs} | {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=float64, cases=3)
def other_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """Larger sizes, four times as many inputs as units, and zero states work."""
    tensors = drawn(case, *case.pick(((2, 34, 35, 2), (3, 2, 8, 2), (2, 2, 3, 34))), scale=0.2)
    if case.pick((False, False, True)):
        tensors |= {name: torch.zeros_like(tensors[name]) for name in ("h0", "c0")}
    return {"hs, cs": impl.ablated_lstm(*copies(tensors))}


# Differences: what is wrong with gradients, too, costs its own points alone.
@task.check(points=0.25, after=[float64, gate_between], cases=2)
def without_gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The states are the same with and without gradients."""
    tensors = arguments(case)
    gate = case.pick((None, 0.5))
    usual = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    with torch.no_grad():
        without = impl.ablated_lstm(*copies(tensors), forget_gate=gate)
    leaves = [tensor.requires_grad_() for tensor in copies(tensors)]
    asked = impl.ablated_lstm(*leaves, forget_gate=gate)
    found = {}
    for name, one, off, on in zip(("hs", "cs"), usual, without, asked, strict=True):
        found[f"{name}: change without gradients"] = off - one
        found[f"{name}: change where gradients are asked for"] = on.detach() - one
    return found


@task.check(points=0.25, after=without_gradients, cases=2)
def calls_in_turn(impl: Any, case: Case) -> dict[str, Any]:
    """A call does not depend on earlier calls and does not change their results.

    The same tensors are handed over each time, some with other numbers than before.
    """
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
    return found


@task.check(points=0.25, after=[float64, gate_between], cases=2)
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names and their order are those in the task."""
    tensors = arguments(case)
    named = {name: tensor.clone() for name, tensor in tensors.items()}
    return {
        "hs by name, cs by name": impl.ablated_lstm(**named, forget_gate=0.5),
        "hs by position, cs by position": impl.ablated_lstm(*copies(tensors), 0.5),
    }


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
