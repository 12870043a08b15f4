"""Questions about `BiLSTM`.

The two halves of the result are asked for apart, so that a slip in the backward direction keeps the
points for the forward one. Two laws, about time and the batch, can hold whatever the states are; they
put their two questions to two networks of the same weights, of which none can remember the other, and
look at differences, in which a known mistake is recognized all the same. All but `float64`,
`extreme_inputs` and `gradients_far_back` is asked in float32, torch's default: a network that collects
its results in float32 tensors, whatever the input, keeps its points. Sizes of one belong to `size_one`
and `gradients_elsewhere`: all other checks draw 2 and more. Inputs are handed over as copies, so that
a network that writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])

FORWARD = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
BACKWARD = tuple(f"{name}_reverse" for name in FORWARD)
SIZES = ("steps", "batch", "inputs", "hidden")


def network(impl: Any, case: Case, least: int = 2, scale: float = 0.5) -> Any:
    """Return a filled network; the sizes of the case are drawn in the order of the axes of x."""
    for name in SIZES:
        case.size(name, least)
    return case.fill(impl.BiLSTM(case.size("inputs"), case.size("hidden")), scale=scale)


def sequence(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("steps"), case.size("batch"), case.size("inputs"), name=name)


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of a bidirectional torch.nn.LSTM."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = dict(impl.BiLSTM(inputs, hidden).named_parameters())
    return {name: str(tuple(found[name].shape)) if name in found else None for name in FORWARD + BACKWARD}


@task.check(points=0, after=parameters, dtype="float32")
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence gives one tensor of shape (time, batch, two times hidden)."""
    y = network(impl, case)(sequence(case).clone())
    return {"y": str(tuple(y.shape)) if isinstance(y, Tensor) else type(y).__name__}


@task.check(points=1.5, after=returned, dtype="float32", depth="steps")
def forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The first half of y holds the forward states of all steps."""
    y = network(impl, case)(sequence(case).clone())
    return {"forward states": y[..., : case.size("hidden")]}


@task.check(points=1.5, after=returned, dtype="float32", depth="steps")
def backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The second half of y holds the backward states of all steps."""
    y = network(impl, case)(sequence(case).clone())
    return {"backward states": y[..., case.size("hidden") :]}


@task.check(points=0.75, after=returned, dtype="float32")
def own_time_step(impl: Any, case: Case) -> dict[str, Any]:
    """y[t] joins the forward and the backward state of step t.

    An input changes the forward states from its own step on, and the backward states up to its own
    step, and no others.
    """
    bilstm, x, hidden = network(impl, case), sequence(case), case.size("hidden")
    step = case.integer(0, case.size("steps") - 1, name="step")
    other = x.clone()
    other[step] = case.normal(case.size("batch"), case.size("inputs"), name="other input")
    change = network(impl, case)(other) - bilstm(x.clone())
    ahead, back = change[..., :hidden], change[..., hidden:]
    return {
        "steps at which forward states change": (ahead != 0).flatten(1).any(dim=1),
        "steps at which backward states change": (back != 0).flatten(1).any(dim=1),
        "change of forward states before the step": ahead[:step],
        "change of backward states after the step": back[step + 1 :],
    }


@task.check(points=0.25, after=returned, dtype="float32")
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    bilstm, x = network(impl, case), sequence(case)
    sample = case.integer(0, case.size("batch") - 1, name="sample")
    other = x.clone()
    other[:, sample] = case.normal(case.size("steps"), case.size("inputs"), name="other sample")
    change = network(impl, case)(other) - bilstm(x.clone())
    return {
        "samples whose states change": (change != 0).any(dim=2).any(dim=0),
        "change of samples before": change[:, :sample],
        "change of samples after": change[:, sample + 1 :],
    }


@task.check(points=0.5, after=[forward_half, backward_half], depth="steps", digits=9)
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, all states are float64 and accurate to float64."""
    return {"y": network(impl, case)(sequence(case).clone())}


@task.check(points=0.75, after=forward_half, dtype="float32", depth="steps")
def gradients_of_forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the forward states with respect to x and the forward parameters are right.

    The eight parameters are all there is to train.
    """
    bilstm, x = network(impl, case), sequence(case)
    # Before `gradients` asks for them.
    trained = sum(parameter.requires_grad for parameter in bilstm.parameters())
    named, hidden = dict(bilstm.named_parameters()), case.size("hidden")
    leaves = {name: named[name] for name in FORWARD}
    found = case.gradients(lambda: bilstm(x.clone())[..., :hidden], None, x=x, **leaves)
    return {
        "parameters that are trained": trained,
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=0.75, after=backward_half, dtype="float32", depth="steps")
def gradients_of_backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the backward states with respect to x and the backward parameters are right."""
    bilstm, x = network(impl, case), sequence(case)
    named, hidden = dict(bilstm.named_parameters()), case.size("hidden")
    leaves = {name: named[name] for name in BACKWARD}
    found = case.gradients(lambda: bilstm(x.clone())[..., hidden:], None, x=x, **leaves)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=[forward_half, backward_half], dtype="float32", depth="steps")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Every call starts from zeros in both directions and does not change earlier results."""
    bilstm = network(impl, case)
    xs = [sequence(case, f"{name} x") for name in ("first", "second", "third")]
    first, second, third = [bilstm(x.clone()) for x in xs]
    return {"first y": first, "second y": second, "third y": third}


# In float32 exponentials overflow sooner, and sums of numbers around 10000 are too coarse to compare.
@task.check(points=0.5, after=float64, depth="steps", digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Large inputs (10000, or some hundreds in float32) give the right, finite states."""
    bilstm = network(impl, case)
    x = case.extreme(case.size("steps"), case.size("batch"), case.size("inputs"), name="x")
    y = bilstm(x.clone())
    x = 150 * sequence(case, "x in hundreds and a half").float()
    return {"y": y, "y in float32": bilstm.float()(x)}


@task.check(points=0.5, after=[forward_half, backward_half], cases=7, dtype="float32", depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, a single input and a single hidden unit work."""
    return {"y": network(impl, case, least=1)(sequence(case).clone())}


@task.check(points=0.5, after=[forward_half, backward_half], dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input is not changed."""
    bilstm, x = network(impl, case), sequence(case)
    bilstm(x)
    return {"x afterwards": x}


@task.check(points=0.5, after=[forward_half, backward_half], cases=3, dtype="float32", depth="steps")
def larger_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """Long sequences, large batches and many units work like small ones."""
    sizes = case.pick(((70, 2, 3, 4), (2, 20, 3, 4), (3, 2, 35, 34)))
    case.sizes.update(zip(SIZES, sizes, strict=True))
    return {"y": network(impl, case, scale=case.size("hidden") ** -0.5)(sequence(case).clone())}


@task.check(points=0.25, after=[forward_half, backward_half], cases=2, dtype="float32", depth="steps")
def zero_step(impl: Any, case: Case) -> dict[str, Any]:
    """A step whose inputs are all zero is computed like any other step."""
    bilstm, x = network(impl, case), sequence(case).clone()
    x[case.pick((1, 0))] = 0
    return {"y": bilstm(x)}


@task.check(points=0.25, after=[forward_half, backward_half], cases=1, dtype="float32", depth="steps")
def large_cell_states(impl: Any, case: Case) -> dict[str, Any]:
    """The states are right when the cell state grows beyond 10 and shrinks again."""
    case.sizes.update(zip(SIZES, (28, 2, 1, 3), strict=True))
    bilstm, hidden = network(impl, case), case.size("hidden")
    x = case.uniform(2, 3, case.size("steps"), case.size("batch"), 1, name="x").clone()
    x[14:] *= -1
    with torch.no_grad():  # Input and forget gates wide open, and cells that follow the sign of x.
        for name, parameter in bilstm.named_parameters():
            if name.startswith("bias_ih"):
                parameter[: 2 * hidden] = 12
            if name.startswith("weight_ih"):
                parameter[2 * hidden : 3 * hidden] = 2
    return {"y": bilstm(x)}


def calls(bilstm: Any, x: Tensor, other_x: Tensor) -> list[Tensor]:
    """Return what two calls gave, looked at after the second."""
    return [bilstm(x.clone()), bilstm(other_x.clone())]


# Differences: what is wrong in training mode, too, costs its own points alone.
@task.check(points=0.25, after=[forward_half, backward_half], cases=4, dtype="float32")
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """The states are the same in training mode, in evaluation mode and under no_grad()."""
    bilstm, x, other_x = network(impl, case), sequence(case), sequence(case, "other x")
    usual = calls(bilstm, x, other_x)
    evaluated = calls(network(impl, case).eval(), x, other_x)
    with torch.no_grad():
        without = calls(network(impl, case).train(case.pick((True, False))), x, other_x)
    found = {}
    for name, one, other, third in zip(("y", "next y"), usual, evaluated, without, strict=True):
        found[f"{name}: change in evaluation mode"] = other - one
        found[f"{name}: change without gradients"] = third - one
    return found


@task.check(points=0.25, after=[forward_half, backward_half], cases=2, dtype="float32", depth="steps")
def follows_its_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """After a training step, the states are computed from the new parameters and the new input."""
    bilstm, x = network(impl, case), sequence(case)
    x_now = x.clone()
    bilstm(x_now)
    with torch.no_grad():
        for parameter in bilstm.parameters():
            parameter.mul_(-0.5)
        x_now.copy_(-x)
    return {"y": bilstm(x_now)}


GRADIENTS = [gradients_of_forward_half, gradients_of_backward_half]


@task.check(points=0.25, after=[float64, larger_sizes, *GRADIENTS], cases=1, depth="steps", digits=9)
def gradients_far_back(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right in float64, over two dozen steps, and when they are large."""
    case.sizes.update(zip(SIZES, (24, 2, 2, 3), strict=True))
    bilstm, x = network(impl, case, scale=case.size("hidden") ** -0.5), sequence(case)
    found = case.gradients(lambda: 50 * bilstm(x.clone()), bilstm, x=x)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=GRADIENTS, cases=7, dtype="float32", depth="steps")
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right when sizes are 1 and in evaluation mode."""
    bilstm, x = network(impl, case, least=1), sequence(case)
    bilstm.train(case.pick((False, True)))
    named = dict(bilstm.named_parameters())
    if case.size("steps") == 1:  # a first step from zeros may leave them out
        del named["weight_hh_l0"], named["weight_hh_l0_reverse"]
    found = case.gradients(lambda: bilstm(x.clone()), None, x=x, **named)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.25, after=[forward_half, backward_half], cases=2, dtype="float32", depth="steps")
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names are those in the task."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    bilstm = case.fill(impl.BiLSTM(input_size=inputs, hidden_size=hidden))
    case.size("steps", least=2), case.size("batch", least=2)
    return {"y": bilstm(x=sequence(case).clone())}
