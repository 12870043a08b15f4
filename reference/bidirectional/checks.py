"""Questions about `BiLSTM`.

The two halves of the result are asked for apart, so that a slip in the backward direction keeps the
points for the forward one. All but `float64` is asked in float32, torch's default: a network that
collects its results in float32 tensors, whatever the input, keeps its points. Sizes of one belong to
`all_sizes` and `training`: all other checks draw 2 and more. Inputs are handed over as copies, so that a
network that writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task
from grader.authoring import shared_checks as shared

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])

GATES = ("input", "forget", "cell", "output")
FORWARD = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
BACKWARD = tuple(f"{name}_reverse" for name in FORWARD)
FIRST = {"steps": 3, "batch": 2, "inputs": 1, "hidden": 2}  # few enough numbers to follow by hand
ONES = ((1, 2, 5, 4), (3, 1, 5, 4), (3, 2, 1, 4), (3, 2, 5, 1))
LARGE = ((70, 2, 3, 4), (2, 20, 3, 4), (3, 2, 35, 34))


def sized(case: Case) -> None:
    if case.number == 0:
        case.sizes = FIRST | case.sizes
    for name in FIRST:
        case.size(name, least=2)


def network(impl: Any, case: Case, scale: float = 0.5) -> Any:
    sized(case)
    return case.fill(impl.BiLSTM(case.size("inputs"), case.size("hidden")), scale=scale)


def sequence(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("steps"), case.size("batch"), case.size("inputs"), name=name)


def run(bilstm: Any, x: Tensor) -> Any:
    return bilstm(x.clone())


@task.check(points=0, cases=2)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of a bidirectional torch.nn.LSTM."""
    sized(case)
    bilstm = impl.BiLSTM(case.size("inputs"), case.size("hidden"))
    return shared.shapes_of_parameters(bilstm, FORWARD + BACKWARD)


@task.check(points=0, after=parameters, cases=2, dtype="float32")
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence gives one tensor of shape (time, batch, two times hidden)."""
    return {"what was returned": shared.described(run(network(impl, case), sequence(case)))}


@task.check(points=1, after=returned, cases=4, dtype="float32", depth="steps")
def forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The first half of y holds the forward states of all steps."""
    y = run(network(impl, case), sequence(case))
    return {"forward states": y[..., : case.size("hidden")]}


@task.check(points=1.25, after=returned, cases=4, dtype="float32", depth="steps")
def backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The second half of y holds the backward states of all steps."""
    y = run(network(impl, case), sequence(case))
    return {"backward states": y[..., case.size("hidden") :]}


# A law, which can hold whatever the states are. It is asked of two networks of the same weights, of which
# none can remember the other.
@task.check(points=0.5, after=returned, cases=4, dtype="float32")
def own_time_step(impl: Any, case: Case) -> dict[str, Any]:
    """y[t] joins the forward and the backward state of step t.

    An input changes the forward states from its own step on, and the backward states up to its own
    step, and no others.
    """
    bilstm, x = network(impl, case), sequence(case)
    step = case.integer(0, case.size("steps") - 1, name="step")
    other = x.clone()
    other[step] = case.normal(case.size("batch"), case.size("inputs"), name="other input")
    change = run(network(impl, case), other) - run(bilstm, x)
    ahead, back = change[..., : case.size("hidden")], change[..., case.size("hidden") :]
    return {
        "steps at which forward states change": (ahead != 0).flatten(1).any(dim=1),
        "steps at which backward states change": (back != 0).flatten(1).any(dim=1),
        "change of forward states before the step": ahead[:step],
        "change of backward states after the step": back[step + 1 :],
    }


@task.check(points=0.5, after=[forward_half, backward_half], cases=4, dtype="float32", depth="steps")
def every_call(impl: Any, case: Case) -> dict[str, Any]:
    """Every call starts from zeros in both directions, in training and in evaluation.

    It leaves earlier results alone. One step of the third input is zero, which is a number like any other.
    """
    bilstm = network(impl, case)
    first, second, third = (sequence(case, f"{name} x") for name in ("first", "second", "third"))
    third = third.clone()
    third[case.pick((1, 0))] = 0
    results = shared.one_after_another(case, bilstm, (first,), (second,), (third,))
    return {"y of the first call, y of the second call, y of the third call": results}


# In float32 exponentials overflow sooner, and sums of numbers around 10000 are too coarse to compare.
@task.check(points=0.5, after=[forward_half, backward_half], cases=4, depth="steps", digits=9)
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, all states are float64 and accurate, for inputs as large as 10000 too."""
    bilstm, x = network(impl, case), sequence(case)
    found, of_large = run(bilstm, x), run(bilstm, case.extreme(*x.shape, name="large x"))
    hundreds = 150 * sequence(case, "x in hundreds and a half").float()
    return {"y": found, "y of large x": of_large, "y in float32 of some hundreds": bilstm.float()(hundreds)}


@task.check(points=0.75, after=[forward_half, backward_half], cases=8, dtype="float32", depth="steps")
def all_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """At all sizes the states are right: one step, a batch of one, a single unit, or dozens.

    The last case is a sequence in which the cell state grows beyond 10 and shrinks again.
    """
    case.sizes.update(zip(FIRST, case.pick((*ONES, *LARGE, (28, 2, 1, 3))), strict=True))
    hidden = case.size("hidden")
    bilstm, x = network(impl, case, scale=min(0.5, hidden**-0.5)), sequence(case)
    if case.number == 7:
        x = case.uniform(2, 3, *x.shape, name="large x").clone()
        x[14:] *= -1
        with torch.no_grad():  # Input and forget gates wide open, and cells that follow the sign of x.
            for name, parameter in bilstm.named_parameters():
                if name.startswith("bias_ih"):
                    parameter[: 2 * hidden] = 12
                if name.startswith("weight_ih"):
                    parameter[2 * hidden : 3 * hidden] = 2
    return {"y": run(bilstm, x)}


@task.check(points=0.5, after=[forward_half, backward_half], cases=2, dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """A call by the name x does not change the input."""
    return shared.unchanged(network(impl, case), x=sequence(case))


def gradients_of_half(impl: Any, case: Case, half: int, names: tuple[str, ...]) -> dict[str, Any]:
    if case.number == 3:
        case.sizes.update(zip(FIRST, (24, 2, 2, 3), strict=True))
    bilstm, x = network(impl, case), sequence(case)
    trained = sum(parameter.requires_grad for parameter in bilstm.parameters())
    named = dict(bilstm.named_parameters())
    leaves = {name: named[name] for name in names}
    found = shared.gradients(case, lambda: run(bilstm, x).chunk(2, dim=2)[half], x=x, **leaves)
    return {"parameters that are trained": trained} | shared.by_gate(found, GATES, case.size("hidden"))


@task.check(points=1.5, after=forward_half, cases=4, dtype="float32", depth="steps")
def gradients_of_forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the forward states are right, over two dozen steps too."""
    return gradients_of_half(impl, case, 0, FORWARD)


@task.check(points=2, after=backward_half, cases=4, dtype="float32", depth="steps")
def gradients_of_backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the backward states are right, over two dozen steps too."""
    return gradients_of_half(impl, case, 1, BACKWARD)


GRADIENTS = [gradients_of_forward_half, gradients_of_backward_half]


@task.check(points=1.5, after=GRADIENTS, cases=5, dtype="float32", depth="steps")
def training(impl: Any, case: Case) -> dict[str, Any]:
    """Trained for two steps, the network gives the right states in both directions.

    The loss is large, so gradients that are clipped in the network are not right. Every result comes from
    the new parameters.
    """
    case.sizes.update(zip(FIRST, case.pick(((3, 2, 3, 4), *ONES)), strict=True))
    bilstm, x = network(impl, case), sequence(case)
    return {"50 y": shared.trained(case, bilstm, lambda: 50 * run(bilstm, x), rate=0.001)}
