"""Questions about `VanillaRNN`.

The states are asked for apart from the outputs, so that a slip in the output layer costs its own
points: what stands on `last_state` alone looks at h_n only. Three laws, about the output layer, time
and the batch, can hold whatever the states are. Right values are asked for in float32, torch's
default, and again in float64: a network that collects its results in float32 tensors, whatever the
input, keeps the points for the values. Sizes of one belong to `size_one`: all other checks draw 2
and more. States are handed over as copies, so that a network that writes into them keeps the points
for right values.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.RNN", "torch.nn.RNNCell"])

PARAMETERS = ("weight_ih", "weight_hh", "bias_h", "weight_ho", "bias_o")


def network(impl: Any, case: Case, least: int = 2) -> Any:
    """Return a network of the case's sizes with weights that neither vanish nor explode."""
    for name in ("steps", "batch", "inputs", "hidden", "outputs"):
        case.size(name, least)
    rnn = impl.VanillaRNN(case.size("inputs"), case.size("hidden"), case.size("outputs"))
    return case.fill(rnn, scale=0.4)


def sequence(case: Case, name: str = "x") -> Tensor:
    return case.normal(case.size("steps"), case.size("batch"), case.size("inputs"), name=name)


def state(case: Case, name: str = "h0") -> Tensor:
    return case.normal(case.size("batch"), case.size("hidden"), name=name)


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes that the task gives them."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    rnn = impl.VanillaRNN(inputs, hidden, case.size("outputs", least=2))
    found = dict(rnn.named_parameters())
    return {name: str(tuple(found[name].shape)) if name in found else None for name in PARAMETERS}


@task.check(points=0, after=parameters, dtype="float32")
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A sequence gives two tensors, y and h_n."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    result = rnn(x, h0.clone())
    found = list(result) if isinstance(result, (tuple, list)) else [result]
    return {
        "returned": " and ".join(
            "a tensor" if isinstance(one, Tensor) else type(one).__name__ for one in found
        )
    }


@task.check(points=3, after=returned, dtype="float32", depth="steps")
def last_state(impl: Any, case: Case) -> dict[str, Any]:
    """The state after the last step is right, in float32."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    _, h_n = rnn(x, h0.clone())
    return {"h_n": h_n}


def made_from_state(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The last y is what the output layer makes of h_n, be that right or not."""
    y, h_n = actual["y"], actual["h_n"]
    if y.shape != expected["y"].shape:
        return f"y has shape {tuple(y.shape)}, not {tuple(expected['y'].shape)}"
    made = h_n @ expected["weight_ho"].T + expected["bias_o"]
    if not torch.allclose(y[-1], made, rtol=1e-4, atol=1e-4):
        return "the last y is not weight_ho h_n + bias_o"
    return None


@task.check(points=1.5, after=returned, dtype="float32", compare=made_from_state)
def output_layer(impl: Any, case: Case) -> dict[str, Any]:
    """The last output is made from the last state as the task says."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    named = dict(rnn.named_parameters())
    return {
        "weight_ho": named["weight_ho"],
        "bias_o": named["bias_o"],
        "y, h_n": rnn(x, h0.clone()),
    }


@task.check(points=1.5, after=output_layer, dtype="float32", depth="steps")
def outputs(impl: Any, case: Case) -> dict[str, Any]:
    """The outputs of all steps are right, in float32."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    y, _ = rnn(x, h0.clone())
    return {"y": y}


@task.check(points=1, after=last_state, depth="steps")
def state_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """In float64 the last state is right to many more digits, and float64."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    _, h_n = rnn(x, h0.clone())
    return {"h_n": h_n}


@task.check(points=0.5, after=outputs, depth="steps")
def outputs_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """In float64 the outputs are right to many more digits, and float64."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    y, _ = rnn(x, h0.clone())
    return {"y": y}


@task.check(points=1, after=returned, dtype="float32", depth="steps")
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without h0 the network starts from zeros."""
    rnn, x = network(impl, case), sequence(case)
    _, h_n = rnn(x)
    return {"h_n": h_n}


@task.check(points=0.5, after=[default_state, state_in_float64], depth="steps")
def default_state_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """Without h0 the network starts from zeros in float64, too."""
    rnn, x = network(impl, case), sequence(case)
    _, h_n = rnn(x)
    return {"h_n": h_n}


@task.check(points=0.5, after=[last_state, default_state], dtype="float32", depth="steps")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """A second sequence starts from its own h0, or from zeros, not where the first one ended."""
    rnn, h0 = network(impl, case), state(case)
    first, second = sequence(case, "first x"), sequence(case, "second x")
    rnn(first)
    _, from_zeros = rnn(second)
    _, from_h0 = rnn(second, h0.clone())
    return {"h_n from zeros": from_zeros, "h_n from h0": from_h0}


@task.check(points=1, after=state_in_float64, depth="steps")
def gradients_through_time(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of h_n with respect to h0 and to the inputs of all steps are right."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = case.gradients(lambda: rnn(x, h0.clone())[1], x=x, h0=h0)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=1, after=gradients_through_time, depth="steps")
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of h_n with respect to the recurrent weights and their bias are right.

    The five parameters are all there is to train, for every number of steps.
    """
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in rnn.parameters())
    named = dict(rnn.named_parameters())
    recurrent = {name: named[name] for name in ("weight_ih", "weight_hh", "bias_h")}
    found = case.gradients(lambda: rnn(x, h0.clone())[1], None, **recurrent)
    return {
        "parameters that are trained": trained,
        "parameters afterwards": sum(1 for _ in rnn.parameters()),
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=1, after=[outputs_in_float64, gradients_of_parameters], depth="steps")
def gradients_of_outputs(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of y with respect to x, h0 and all parameters are right."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = case.gradients(lambda: rnn(x, h0.clone())[0], rnn, x=x, h0=h0)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


def present_and_future_alone(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """An input changes y from its own step on, and not before."""
    before, after, step = actual["y"], actual["y with another input"], expected["step"]
    if before.shape != expected["y"].shape:
        return f"y has shape {tuple(before.shape)}, not {tuple(expected['y'].shape)}"
    changed = (before != after).flatten(1).any(dim=1)
    if changed[:step].any():
        return f"another input at step {step + 1} changes y at earlier steps"
    if not changed[step]:
        return f"another input at step {step + 1} does not change y at that step"
    if not changed[step:].all():
        return f"another input at step {step + 1} does not change y at all later steps"
    return None


@task.check(points=0.5, after=returned, dtype="float32", compare=present_and_future_alone)
def causal(impl: Any, case: Case) -> dict[str, Any]:
    """An input changes the outputs from its own step on, and none before."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    step = case.integer(0, case.size("steps") - 1, name="step")
    other = x.clone()
    other[step] = case.normal(case.size("batch"), case.size("inputs"), name="other input")
    y, _ = rnn(x, h0.clone())
    with_another, _ = rnn(other, h0.clone())
    return {"step": step, "y": y, "y with another input": with_another}


def own_row_alone(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Another sample changes its own outputs, and no others."""
    before, after, sample = actual["y"], actual["y with another sample"], expected["sample"]
    if before.shape != expected["y"].shape:
        return f"y has shape {tuple(before.shape)}, not {tuple(expected['y'].shape)}"
    changed = (before != after).any(dim=2).any(dim=0)
    if not changed[sample]:
        return f"another sample {sample} does not change its own outputs"
    if changed.sum() > 1:
        return f"another sample {sample} changes outputs of the rest of the batch"
    return None


@task.check(points=0.5, after=returned, dtype="float32", compare=own_row_alone)
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    sample = case.integer(0, case.size("batch") - 1, name="sample")
    other = x.clone()
    other[:, sample] = case.normal(case.size("steps"), case.size("inputs"), name="other sample")
    y, _ = rnn(x, h0.clone())
    with_another, _ = rnn(other, h0.clone())
    return {"sample": sample, "y": y, "y with another sample": with_another}


@task.check(points=0.5, after=state_in_float64, depth="steps")
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h_n."""
    rnn = network(impl, case)
    x = case.extreme(case.size("steps"), case.size("batch"), case.size("inputs"), name="x")
    h0 = case.extreme(case.size("batch"), case.size("hidden"), name="h0")
    _, h_n = rnn(x, h0.clone())
    return {"h_n": h_n}


@task.check(points=0.5, after=[last_state, outputs], dtype="float32", cases=7, depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, a single input, hidden unit or output work like any other."""
    rnn, x, h0 = network(impl, case, least=1), sequence(case), state(case)
    return {"y, h_n": rnn(x, h0.clone())}


@task.check(points=0.5, after=last_state, dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The inputs and the first state are left as they are."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    rnn(x, h0)
    return {"x afterwards": x, "h0 afterwards": h0}
