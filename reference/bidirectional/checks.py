"""Questions about `BiLSTM`.

The two halves of the result are asked for apart, so that a slip in the backward direction keeps the
points for the forward one. Two laws, about time and the batch, can hold whatever the states are; they
put their two questions to two networks of the same weights, of which none can remember the other.
All but `float64` and `extreme_inputs` is asked in float32, torch's default: a network that collects
its results in float32 tensors, whatever the input, keeps its points. Sizes of one belong to
`size_one`: all other checks draw 2 and more. Inputs are handed over as copies, so that a network that
writes into them fails `unchanged` and keeps the points for the right values.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])

FORWARD = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
BACKWARD = tuple(f"{name}_reverse" for name in FORWARD)


def network(impl: Any, case: Case, least: int = 2) -> Any:
    """Return a filled network; the sizes of the case are drawn in the order of the axes of x."""
    case.size("steps", least), case.size("batch", least)
    return case.fill(impl.BiLSTM(case.size("inputs", least), case.size("hidden", least)))


def sequence(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("steps"), case.size("batch"), case.size("inputs"), name=name)


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of those of a bidirectional torch.nn.LSTM."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = dict(impl.BiLSTM(inputs, hidden).named_parameters())
    return {name: str(tuple(found[name].shape)) if name in found else None for name in FORWARD + BACKWARD}


@task.check(points=0, after=parameters, dtype="float32")
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence gives one tensor of shape (time, batch, two times hidden)."""
    y = network(impl, case)(sequence(case).clone())
    return {"y": str(tuple(y.shape)) if isinstance(y, Tensor) else type(y).__name__}


@task.check(points=2, after=returned, dtype="float32", depth="steps")
def forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The first half of the result holds the right forward states of all steps."""
    y = network(impl, case)(sequence(case).clone())
    return {"forward states": y[..., : case.size("hidden")]}


@task.check(points=2, after=returned, dtype="float32", depth="steps")
def backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The second half of the result holds the right backward states of all steps."""
    y = network(impl, case)(sequence(case).clone())
    return {"backward states": y[..., case.size("hidden") :]}


def in_its_direction(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """An input changes forward states from its step on, and backward states up to its step."""
    hidden, step = expected["y"].shape[2] // 2, expected["step"]
    changed = actual["y"] != actual["y with another input"]
    ahead, back = (half.flatten(1).any(dim=1) for half in changed.split(hidden, dim=2))
    for name, reached, elsewhere, where in (
        ("forward", ahead[step:], ahead[:step], "earlier"),
        ("backward", back[: step + 1], back[step + 1 :], "later"),
    ):
        if elsewhere.any():
            return f"another input at step {step + 1} changes {name} states at {where} steps"
        if not reached.all():
            return f"another input at step {step + 1} does not change all {name} states it should"
    return None


@task.check(points=1, after=returned, dtype="float32", compare=in_its_direction)
def own_time_step(impl: Any, case: Case) -> dict[str, Any]:
    """Each half stands at its own time step: ahead it knows the past, and back the future.

    An input changes the forward states from its own step on, and the backward states up to its own
    step, and no others.
    """
    bilstm, x = network(impl, case), sequence(case)
    step = case.integer(0, case.size("steps") - 1, name="step")
    other = x.clone()
    other[step] = case.normal(case.size("batch"), case.size("inputs"), name="other input")
    return {"step": step, "y": bilstm(x.clone()), "y with another input": network(impl, case)(other)}


def own_row_alone(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Another sample changes its own row of the result, and no other."""
    sample = expected["sample"]
    changed = (actual["y"] != actual["y with another sample"]).any(dim=2).any(dim=0)
    if not changed[sample]:
        return f"another sample {sample} does not change its own states"
    if changed.sum() > 1:
        return f"another sample {sample} changes states of the rest of the batch"
    return None


@task.check(points=0.5, after=returned, dtype="float32", compare=own_row_alone)
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    bilstm, x = network(impl, case), sequence(case)
    sample = case.integer(0, case.size("batch") - 1, name="sample")
    other = x.clone()
    other[:, sample] = case.normal(case.size("steps"), case.size("inputs"), name="other sample")
    return {"sample": sample, "y": bilstm(x.clone()), "y with another sample": network(impl, case)(other)}


@task.check(points=0.5, after=[forward_half, backward_half], depth="steps")
def float64(impl: Any, case: Case) -> dict[str, Any]:
    """In float64 all states are right to many more digits, and float64."""
    return {"y": network(impl, case)(sequence(case).clone())}


@task.check(points=1, after=forward_half, dtype="float32", depth="steps")
def gradients_of_forward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the forward states with respect to x and their parameters are right.

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


@task.check(points=1, after=backward_half, dtype="float32", depth="steps")
def gradients_of_backward_half(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the backward states with respect to x and their parameters are right."""
    bilstm, x = network(impl, case), sequence(case)
    named, hidden = dict(bilstm.named_parameters()), case.size("hidden")
    leaves = {name: named[name] for name in BACKWARD}
    found = case.gradients(lambda: bilstm(x.clone())[..., hidden:], None, x=x, **leaves)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.5, after=[forward_half, backward_half], dtype="float32", depth="steps")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """A second sequence starts from zeros at both ends, not where the first one ended."""
    bilstm, first, second = network(impl, case), sequence(case, "first x"), sequence(case)
    bilstm(first.clone())
    return {"y": bilstm(second.clone())}


@task.check(points=0.5, after=float64, depth="steps")
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs as large as 10000 give the right, finite states."""
    bilstm = network(impl, case)
    x = case.extreme(case.size("steps"), case.size("batch"), case.size("inputs"), name="x")
    return {"y": bilstm(x.clone())}


@task.check(points=0.5, after=[forward_half, backward_half], cases=7, dtype="float32", depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, a single input and a single hidden unit work like any other."""
    return {"y": network(impl, case, least=1)(sequence(case).clone())}


@task.check(points=0.5, after=[forward_half, backward_half], dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input is left as it is."""
    bilstm, x = network(impl, case), sequence(case)
    bilstm(x)
    return {"x afterwards": x}
