"""Questions about `VanillaRNN`.

The states are asked for apart from the outputs, so that a slip in the output layer costs its own
points: checks that depend on `last_state` only look at h_n. Three laws, about the output layer, time
and the batch, can hold whatever the states are; they look at differences, in which a known mistake
is recognized all the same. Right values are asked for in float32, torch's default, and again in
float64: a network that collects its results in float32 tensors, whatever the input, keeps the points
for the values. Sizes of one belong to `size_one` and `gradients_elsewhere`:
all other checks draw 2 and more. Inputs and states are handed over as copies, so that a network that
writes into them fails `unchanged` and keeps the points for right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.RNN", "torch.nn.RNNCell"])

PARAMETERS = ("weight_ih", "weight_hh", "bias_h", "weight_ho", "bias_o")
SIZES = ("steps", "batch", "inputs", "hidden", "outputs")


def network(impl: Any, case: Case, least: int = 2, scale: float = 0.4) -> Any:
    """Return a network of the case's sizes with weights that neither vanish nor explode."""
    for name in SIZES:
        case.size(name, least)
    rnn = impl.VanillaRNN(case.size("inputs"), case.size("hidden"), case.size("outputs"))
    return case.fill(rnn, scale=scale)


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
    result = rnn(x.clone(), h0.clone())
    found = list(result) if isinstance(result, (tuple, list)) else [result]
    return {
        "returned": " and ".join(
            "a tensor" if isinstance(one, Tensor) else type(one).__name__ for one in found
        )
    }


@task.check(points=2.5, after=returned, dtype="float32", depth="steps")
def last_state(impl: Any, case: Case) -> dict[str, Any]:
    """h_n, the state after the last step, is right in float32."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    _, h_n = rnn(x.clone(), h0.clone())
    return {"h_n": h_n}


@task.check(points=1.25, after=returned, dtype="float32")
def output_layer(impl: Any, case: Case) -> dict[str, Any]:
    """The last output is the output layer applied to the last state, whether or not that state is right."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    named = dict(rnn.named_parameters())
    y, h_n = rnn(x.clone(), h0.clone())
    made = h_n @ named["weight_ho"].T + named["bias_o"]
    return {"last y - (weight_ho h_n + bias_o)": y[-1] - made}


@task.check(points=1.25, after=output_layer, dtype="float32", depth="steps")
def outputs(impl: Any, case: Case) -> dict[str, Any]:
    """The outputs of all steps are right in float32."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    y, _ = rnn(x.clone(), h0.clone())
    return {"y": y}


@task.check(points=0.75, after=last_state, depth="steps", digits=9)
def state_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, h_n is float64 and accurate to float64."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    _, h_n = rnn(x.clone(), h0.clone())
    return {"h_n": h_n}


@task.check(points=0.25, after=outputs, depth="steps", digits=9)
def outputs_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, the outputs are float64 and accurate to float64."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    y, _ = rnn(x.clone(), h0.clone())
    return {"y": y}


@task.check(points=0.75, after=returned, dtype="float32", depth="steps")
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without h0 the network starts from zeros."""
    rnn, x = network(impl, case), sequence(case)
    _, h_n = rnn(x.clone())
    return {"h_n": h_n}


@task.check(points=0.5, after=[default_state, state_in_float64], depth="steps", digits=9)
def default_state_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """Without h0 the network starts from zeros in float64 too."""
    rnn, x = network(impl, case), sequence(case)
    _, h_n = rnn(x.clone())
    return {"h_n": h_n}


@task.check(points=0.5, after=[last_state, default_state], cases=5, dtype="float32", depth="steps")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Every call starts from its own h0 or from zeros, and does not change earlier results."""
    rnn, h0 = network(impl, case), state(case)
    first, second, third = (sequence(case, f"{name} x") for name in ("first", "second", "third"))
    results = [rnn(first.clone())]
    before = [one.clone() for one in results[0]]
    results += [rnn(second.clone()), rnn(third.clone()), rnn(third.clone(), h0.clone())]
    return {
        "h_n of the second": results[1][1],
        "h_n of the third": results[2][1],
        "h_n from h0": results[3][1],
        "change of the first y": results[0][0] - before[0],
        "change of the first h_n": results[0][1] - before[1],
    }


@task.check(points=0.75, after=state_in_float64, depth="steps")
def gradients_through_time(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of h_n with respect to h0 and to the inputs of all steps are right."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = case.gradients(lambda: rnn(x.clone(), h0.clone())[1], x=x, h0=h0)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.75, after=gradients_through_time, depth="steps")
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of h_n with respect to the recurrent weights and their bias are right.

    The five parameters are all there is to train, for every number of steps.
    """
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in rnn.parameters())
    named = dict(rnn.named_parameters())
    recurrent = {name: named[name] for name in ("weight_ih", "weight_hh", "bias_h")}
    found = case.gradients(lambda: rnn(x.clone(), h0.clone())[1], None, **recurrent)
    return {
        "parameters that are trained": trained,
        "parameters afterwards": sum(1 for _ in rnn.parameters()),
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=0.75, after=[outputs_in_float64, gradients_of_parameters], depth="steps")
def gradients_of_outputs(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of y with respect to x, h0 and all parameters are right."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    found = case.gradients(lambda: rnn(x.clone(), h0.clone())[0], rnn, x=x, h0=h0)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.5, after=returned, dtype="float32")
def causal(impl: Any, case: Case) -> dict[str, Any]:
    """An input changes outputs of its own step and later ones, and no earlier output."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    step = case.integer(0, case.size("steps") - 1, name="step")
    other = x.clone()
    other[step] = case.normal(case.size("batch"), case.size("inputs"), name="other input")
    y, _ = rnn(x.clone(), h0.clone())
    with_another, _ = rnn(other, h0.clone())
    return {
        "steps at which y changes": (y != with_another).flatten(1).any(dim=1),
        "change of y before the step": (with_another - y)[:step],
    }


@task.check(points=0.5, after=returned, dtype="float32")
def samples_apart(impl: Any, case: Case) -> dict[str, Any]:
    """The samples of a batch do not influence each other."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    sample = case.integer(0, case.size("batch") - 1, name="sample")
    other = x.clone()
    other[:, sample] = case.normal(case.size("steps"), case.size("inputs"), name="other sample")
    y, _ = rnn(x.clone(), h0.clone())
    with_another, _ = rnn(other, h0.clone())
    change = with_another - y
    return {
        "samples whose y changes": (y != with_another).any(dim=2).any(dim=0),
        "change of y of samples before": change[:, :sample],
        "change of y of samples after": change[:, sample + 1 :],
    }


# In float32 exponentials overflow sooner, and sums of numbers around 10000 are too coarse to compare.
@task.check(points=0.5, after=state_in_float64, depth="steps", digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Large inputs and states (10000, or some hundreds in float32) give the right, finite h_n."""
    rnn = network(impl, case)
    x = case.extreme(case.size("steps"), case.size("batch"), case.size("inputs"), name="x")
    h0 = case.extreme(case.size("batch"), case.size("hidden"), name="h0")
    _, h_n = rnn(x.clone(), h0.clone())
    x, h0 = 150 * sequence(case, "x in hundreds and a half").float(), h0.sign().float()
    _, in_float32 = rnn.float()(x, h0)
    return {"h_n": h_n, "h_n in float32": in_float32}


@task.check(points=0.5, after=[last_state, outputs], dtype="float32", cases=7, depth="steps")
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a batch of one, and a single input, hidden unit or output work."""
    rnn, x, h0 = network(impl, case, least=1), sequence(case), state(case)
    return {"y, h_n": rnn(x.clone(), h0.clone())}


@task.check(points=0.5, after=last_state, dtype="float32", depth="steps")
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The inputs and h0 are not changed."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    rnn(x, h0)
    return {"x afterwards": x, "h0 afterwards": h0}


@task.check(points=0.5, after=[last_state, outputs], cases=3, dtype="float32", depth="steps")
def larger_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """Long sequences, large batches and many units work like small ones."""
    sizes = case.pick(((70, 2, 3, 4, 2), (2, 20, 3, 4, 5), (3, 2, 35, 34, 36)))
    case.sizes.update(zip(SIZES, sizes, strict=True))
    rnn = network(impl, case, scale=0.8 / case.size("hidden") ** 0.5)
    return {"y, h_n": rnn(sequence(case).clone(), state(case).clone())}


def calls(rnn: Any, x: Tensor, other_x: Tensor, h0: Tensor) -> list[Tensor]:
    """Return what three calls gave, looked at after the last."""
    results = [rnn(x.clone()), rnn(other_x.clone()), rnn(x.clone(), h0.clone())]
    return [one for result in results for one in result]


# Differences: what is wrong in training mode, too, costs its own points alone.
@task.check(points=0.5, after=[last_state, outputs, default_state], cases=4, dtype="float32")
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """y and h_n are the same in training mode, in evaluation mode and under no_grad()."""
    rnn, x, other_x, h0 = network(impl, case), sequence(case), sequence(case, "other x"), state(case)
    usual = calls(rnn, x, other_x, h0)
    evaluated = calls(network(impl, case).eval(), x, other_x, h0)
    with torch.no_grad():
        without = calls(network(impl, case).train(case.pick((True, False))), x, other_x, h0)
    names = ("y", "h_n", "next y", "next h_n", "y from h0", "h_n from h0")
    found = {}
    for name, one, other, third in zip(names, usual, evaluated, without, strict=True):
        found[f"{name}: change in evaluation mode"] = other - one
        found[f"{name}: change without gradients"] = third - one
    return found


@task.check(points=0.25, after=[last_state, outputs], cases=4, dtype="float32", depth="steps")
def follows_its_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """After a training step, y and h_n are computed from the new parameters and the new input."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    rnn.train(case.pick((True, True, False, False)))
    x_now, h0_now = x.clone(), h0.clone()
    with torch.set_grad_enabled(case.pick((True, False))):
        rnn(x_now, h0_now)
        with torch.no_grad():
            for parameter in rnn.parameters():
                parameter.mul_(-0.5)
            x_now.copy_(-x), h0_now.copy_(h0)
        return {"y, h_n": rnn(x_now, h0_now)}


@task.check(points=0.5, after=gradients_of_outputs, cases=7, dtype="float32", depth="steps")
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right in float32, when sizes are 1, without h0, and in evaluation mode."""
    rnn, x, h0 = network(impl, case, least=1), sequence(case), state(case)
    rnn.train(case.pick((True, False)))
    given = case.gradients(lambda: rnn(x.clone(), h0.clone()), rnn, x=x, h0=h0)
    new = network(impl, case, least=1).train(rnn.training)
    named = dict(new.named_parameters())
    if case.size("steps") == 1:
        del named["weight_hh"]  # a first step from zeros may leave it out
    default = case.gradients(lambda: new(x.clone()), None, x=x, **named)
    return {f"gradient of {name}": gradient for name, gradient in given.items()} | {
        f"gradient of {name} without h0": gradient for name, gradient in default.items()
    }


@task.check(points=0.25, after=[gradients_of_outputs, larger_sizes], cases=1, depth="steps", digits=9)
def gradients_far_back(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right over forty steps and when they are large."""
    case.sizes.update(zip(SIZES, (40, 2, 2, 3, 2), strict=True))
    rnn, x, h0 = network(impl, case, scale=case.size("hidden") ** -0.5), sequence(case), state(case)
    found = case.gradients(lambda: [50 * one for one in rnn(x.clone(), h0.clone())], rnn, x=x, h0=h0)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


# Of a tanh made from sign and absolute value it is 0 there, which is let pass.
@task.check(points=0.25, after=gradients_of_outputs, cases=1)
def gradients_at_zero(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of x is finite when exactly 0 goes into the tanh."""
    rnn, x = network(impl, case), torch.zeros_like(sequence(case))
    with torch.no_grad():
        dict(rnn.named_parameters())["bias_h"].zero_()
    found = case.gradients(lambda: rnn(x.clone()), x=x)
    return {"0 times the gradient of x": 0 * found["x"]}


@task.check(points=0.25, after=[last_state, outputs], cases=2, dtype="float32", depth="steps")
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names of `forward` are those in the task."""
    rnn, x, h0 = network(impl, case), sequence(case), state(case)
    return {"y, h_n": rnn(x=x.clone(), h0=h0.clone())}
