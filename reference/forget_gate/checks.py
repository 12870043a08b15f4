"""Questions about `ablated_lstm`.

The first checks are put in float32, torch's default: a function that collects its results in
float32 tensors, whatever the input, keeps their points and loses those for float64. Sizes of one
belong to `size_one`: all other checks draw 2 and more. Arguments are handed over as copies, so
that a function that writes into them fails `unchanged` and keeps the points for right values.
"""

import math
from typing import Any

from torch import Tensor

from grader import Case, Task
from grader.task import Plot

task = Task()


def arguments(case: Case, least: int = 2) -> dict[str, Tensor]:
    """Return the tensors of a call, by name, in the order of the signature."""
    steps, batch = case.size("steps", least), case.size("batch", least)
    inputs, hidden = case.size("inputs", least), case.size("hidden", least)
    return {
        "x": case.normal(steps, batch, inputs, name="x"),
        "h0": case.normal(batch, hidden, name="h0"),
        "c0": case.normal(batch, hidden, name="c0"),
        "weight_ih": case.normal(4 * hidden, inputs, name="weight_ih", scale=0.5),
        "weight_hh": case.normal(4 * hidden, hidden, name="weight_hh", scale=0.5),
        "bias_ih": case.normal(4 * hidden, name="bias_ih", scale=0.5),
        "bias_hh": case.normal(4 * hidden, name="bias_hh", scale=0.5),
    }


def copies(tensors: dict[str, Tensor]) -> list[Tensor]:
    """Return what to call the function with, the tensors themselves out of its reach."""
    return [tensor.clone() for tensor in tensors.values()]


@task.check(points=2, dtype="float32", depth="steps")
def ordinary(impl: Any, case: Case) -> dict[str, Any]:
    """Without a fixed gate it is an ordinary LSTM: h and c of every step are right, in float32."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)))}


@task.check(points=1, after=ordinary, depth="steps")
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """The ordinary LSTM is right in float64, to many more digits, and the result is float64."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)))}


@task.check(points=1, after=ordinary, dtype="float32", depth="steps")
def gate_at_zero(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 0.0 all steps are right."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)), forget_gate=0.0)}


@task.check(points=1, after=ordinary, dtype="float32", depth="steps")
def gate_at_one(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate at 1.0 all steps are right."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case)), forget_gate=1.0)}


@task.check(points=1, after=float64, depth="steps")
def gate_between(impl: Any, case: Case) -> dict[str, Any]:
    """With the forget gate between 0 and 1 all steps are right."""
    gate = case.pick((0.5, 0.3, 0.9, 0.125, 0.7, 0.01))
    states = impl.ablated_lstm(*copies(arguments(case)), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.5, after=[gate_at_zero, gate_at_one], cases=4, dtype="float32", depth="steps")
def gate_as_int(impl: Any, case: Case) -> dict[str, Any]:
    """The whole numbers 0 and 1 do the same as 0.0 and 1.0."""
    gate = case.pick((0, 1))
    states = impl.ablated_lstm(*copies(arguments(case)), forget_gate=gate)
    return {f"hs at {gate}, cs at {gate}": states}


@task.check(points=0.5, cases=4)
def outside(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate below 0 or above 1 raises ValueError, one of 0.5 does not."""
    tensors = arguments(case)
    low, high = case.pick(((-0.001, 1.001), (-1, 2), (-50.0, 50.0), (-math.inf, math.inf)))
    impl.ablated_lstm(*copies(tensors), forget_gate=0.5)

    def fixed_at(gate: float) -> str:
        return case.raises(
            ValueError, lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate)
        )

    return {f"gate at {low}": fixed_at(low), f"gate at {high}": fixed_at(high)}


@task.check(points=0.5, cases=2)
def not_a_number(impl: Any, case: Case) -> dict[str, Any]:
    """A forget gate that is NaN raises ValueError, one of 0.5 does not."""
    tensors = arguments(case)
    impl.ablated_lstm(*copies(tensors), forget_gate=0.5)
    found = case.raises(
        ValueError, lambda: impl.ablated_lstm(*copies(tensors), forget_gate=math.nan)
    )
    return {"gate at nan": found}


@task.check(points=0.5, after=float64, depth="steps")
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The ordinary LSTM has the right gradients of the input, the states and all weights."""
    tensors = arguments(case)
    found = case.gradients(
        lambda: impl.ablated_lstm(*copies(tensors), forget_gate=None), None, **tensors
    )
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


# Not at 0 or 1: there the gradient of c0 may rightly be zeros or none at all.
@task.check(points=0.5, after=gate_between, depth="steps")
def gradients_with_fixed_gate(impl: Any, case: Case) -> dict[str, Any]:
    """With a fixed gate the gradients of the input, the states and all weights are right."""
    tensors = arguments(case)
    gate = case.pick((0.5, 0.3, 0.9))
    found = case.gradients(
        lambda: impl.ablated_lstm(*copies(tensors), forget_gate=gate), None, **tensors
    )
    return {f"gradient of {name} at {gate}": gradient for name, gradient in found.items()}


@task.check(points=0.5, after=float64, depth="steps")
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    tensors = arguments(case)
    tensors["x"] = case.extreme(*tensors["x"].shape, name="extreme x")
    tensors["h0"] = case.extreme(*tensors["h0"].shape, name="extreme h0")
    tensors["c0"] = case.extreme(*tensors["c0"].shape, name="extreme c0")
    return {"hs, cs": impl.ablated_lstm(*copies(tensors))}


@task.check(points=0.5, after=float64, cases=7, depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, a single input and a single hidden unit work like any other."""
    return {"hs, cs": impl.ablated_lstm(*copies(arguments(case, least=1)))}


@task.check(points=0.5, after=float64, depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The arguments are left as they are: a second call with them gives the same."""
    tensors = arguments(case)
    impl.ablated_lstm(*tensors.values())
    return {"hs, cs": impl.ablated_lstm(*tensors.values())}


@task.check(
    points=0,
    after=ordinary,
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
