"""Questions about `GRUCell`.

Sizes of one belong to `size_one`: all other checks draw 2 and more, so that a cell that loses an
axis of length one keeps their points. Inputs and states are handed over as copies, so that a cell
that writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.GRU", "torch.nn.GRUCell"])


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of torch.nn.GRUCell."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = dict(impl.GRUCell(inputs, hidden).named_parameters())
    return {
        name: str(tuple(found[name].shape)) if name in found else None
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }


@task.check(points=2, after=parameters)
def one_step(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x.clone(), h.clone())}


@task.check(points=0.75, after=one_step, digits=9)
def five_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h, even if steps of another sequence come in between.

    Each step goes on from the state that it is given, never from one that the cell kept.
    """
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    h, other = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="other h")
    for step in range(5):
        x = case.normal(batch, inputs, name=f"x{step + 1}")
        h, other = cell(x.clone(), h.clone()), cell(x.clone(), other.clone())
    return {"h": h, "h of the other": other}


# Zeros hide most of what comes from the state: this one does not depend on `one_step`.
@task.check(points=0.75, after=parameters)
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    return {"h": cell(x.clone())}


# In float32, which tells zeros that are float64 whatever the input; the dtype of any result is the
# business of `float32` alone.
@task.check(points=0.5, after=default_state, dtype="float32")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Later calls without a state start from zeros again, in float32 too."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    h = case.normal(batch, hidden, name="first h")
    cell(case.normal(batch, inputs, name="x of a call with a state"), h.clone())
    for name in ("first x", "second x"):
        cell(case.normal(batch, inputs, name=name))
    x = case.normal(batch, inputs, name="third x")
    found, from_zeros = cell(x), cell(x, torch.zeros_like(h))
    return {"h": found.to(x.dtype), "dtype as from zeros": found.dtype == from_zeros.dtype}


@task.check(points=0.75, after=one_step, dtype="float32")
def float32(impl: Any, case: Case) -> dict[str, Any]:
    """With float32 inputs, h is right and float32."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x.clone(), h.clone())}


@task.check(points=0.75, after=one_step)
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of the state are right."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    found = case.gradients(lambda: cell(x.clone(), h.clone()), x=x, h=h)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=0.75, after=one_step)
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and there are no other trainable parameters."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in cell.parameters())
    found = case.gradients(lambda: cell(x.clone(), h.clone()), cell)
    return {
        "parameters that are trained": trained,
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=0.25, after=one_step, digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.extreme(batch, inputs, name="x"), case.extreme(batch, hidden, name="h")
    return {"h": cell(x.clone(), h.clone())}


@task.check(points=0.5, after=one_step, cases=6)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """A batch of one, a single input and a single hidden unit work."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x.clone(), h.clone())}


@task.check(points=0.5, after=one_step)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input and the state are not changed."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    cell(x, h)
    return {"x afterwards": x, "h afterwards": h}


# Of the state only whether h is finite: where sums of such numbers nearly cancel, no more of
# float32 is left to compare. A single large input a sample leaves enough.
@task.check(points=0.25, after=[default_state, float32], cases=4, dtype="float32")
def extreme_float32(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, inputs as large as 10000 give a finite h, and the right h without a state."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.extreme(batch, inputs, name="x"), case.extreme(batch, hidden, name="h")
    usual = case.normal(batch, inputs, name="x of ordinary size")
    one_large = torch.cat([10000 * usual[:, :1].clamp(-1, 1), usual[:, 1:]], dim=1)
    return {
        "h is finite": torch.isfinite(cell(x.clone(), h.clone())),
        "h without a state and with a first input up to 10000": cell(one_large),
    }


@task.check(points=0.25, after=one_step, cases=2)
def zeros(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states of zeros give the right h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {
        "h from inputs of zero": cell(torch.zeros_like(x), h.clone()),
        "h from a given state of zero": cell(x.clone(), torch.zeros_like(h)),
    }


@task.check(points=0.25, after=one_step, cases=2)
def larger_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """Larger sizes work, even if one size is three times another."""
    batch, inputs, hidden = case.pick(((6, 6, 2), (36, 35, 34)))
    cell = case.fill(impl.GRUCell(inputs, hidden), scale=0.2)
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x.clone(), h.clone())}


def calls(cell: Any, *given: Tensor) -> list[Tensor]:
    """Return what three calls gave, and the tensors of the third, looked at after the last."""
    x, other_x, h = (one.clone() for one in given)
    return [cell(x.clone()), cell(other_x), cell(x, h), x, h]


# Differences: what is wrong in training mode, too, costs its own points alone.
@task.check(points=0.5, after=one_step, cases=4)
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """h is the same in training mode, in evaluation mode and under no_grad()."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    x, other_x = case.normal(batch, inputs, name="x"), case.normal(batch, inputs, name="other x")
    given = (x, other_x, case.normal(batch, hidden, name="h"))
    usual = calls(case.fill(impl.GRUCell(inputs, hidden)), *given)
    evaluated = calls(case.fill(impl.GRUCell(inputs, hidden)).eval(), *given)
    cell = case.fill(impl.GRUCell(inputs, hidden)).train(case.pick((True, False)))
    with torch.no_grad():
        without = calls(cell, *given)
    names = ("h", "next h", "h from a state", "given x", "given h")
    found = {}
    for name, one, other, third in zip(names, usual, evaluated, without, strict=True):
        found[f"{name}: change in evaluation mode"] = other - one
        found[f"{name}: change without gradients"] = third - one
    return found


@task.check(points=0.5, after=one_step, cases=4)
def follows_its_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """After a training step, h is computed from the new parameters and the new input."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden)).train(case.pick((True, True, False, False)))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    x_now, h_now = x.clone(), h.clone()
    with torch.set_grad_enabled(case.pick((True, False))):
        cell(x_now, h_now)
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.mul_(-0.5)
            x_now.copy_(x), h_now.copy_(h)
        same_input = cell(x_now, h_now)
        with torch.no_grad():
            x_now.copy_(-x), h_now.copy_(h)
        return {"h from the same input": same_input.clone(), "h from a new input": cell(x_now, h_now)}


@task.check(points=0.5, after=[gradients_of_arguments, gradients_of_parameters], cases=7, dtype="float32")
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right in float32, when sizes are 1, without a state, and when they are large."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.GRUCell(inputs, hidden)).train(case.pick((True, False)))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    zero = torch.zeros_like(h)
    given = case.gradients(lambda: 50 * cell(x.clone(), h.clone()), cell, x=x, h=h)
    default = case.gradients(lambda: 50 * cell(x.clone()), cell, x=x)
    of_zero = case.gradients(lambda: 50 * cell(x.clone(), zero.clone()), cell, h=zero)
    return (
        {f"gradient of {name}": gradient for name, gradient in given.items()}
        | {f"gradient of {name} without a state": gradient for name, gradient in default.items()}
        | {f"gradient of {name} at a state of zero": gradient for name, gradient in of_zero.items()}
    )


@task.check(points=0.25, after=one_step, cases=1)
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names are those in the task."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(input_size=inputs, hidden_size=hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x=x.clone(), h=h.clone())}
