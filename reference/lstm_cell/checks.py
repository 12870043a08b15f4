"""Questions about `LSTMCell`.

Sizes of one belong to `size_one`: all other checks draw 2 and more, so that a cell that loses an
axis of length one keeps their points. Inputs and states are handed over as copies, so that a cell that
writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of torch.nn.LSTMCell."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = dict(impl.LSTMCell(inputs, hidden).named_parameters())
    return {
        name: str(tuple(found[name].shape)) if name in found else None
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }


@task.check(points=0, after=parameters)
def returned(impl: Any, case: Case) -> dict[str, Any]:
    """A step returns two tensors, h and c, of shape (batch, hidden)."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    result = cell(x.clone(), (h.clone(), c.clone()))
    found = result if isinstance(result, (tuple, list)) else [result]
    shapes = [
        f"a tensor {tuple(one.shape)}" if isinstance(one, Tensor) else type(one).__name__ for one in found
    ]
    return {"what a step returned": " and ".join(shapes)}


@task.check(points=3, after=returned)
def cell_state(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right c."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    _, c = cell(x.clone(), (h.clone(), c.clone()))
    return {"c": c}


@task.check(points=2, after=returned)
def hidden_state(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    h, _ = cell(x.clone(), (h.clone(), c.clone()))
    return {"h": h}


@task.check(points=1.5, after=[cell_state, hidden_state], digits=9)
def five_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h and c, even if steps of another sequence come in between.

    Each step goes on from the state that it is given, never from one that the cell kept.
    """
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    state = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    other = case.normal(batch, hidden, name="other h"), case.normal(batch, hidden, name="other c")
    for step in range(5):
        x = case.normal(batch, inputs, name=f"x{step + 1}")
        (h, c), (other_h, other_c) = state, other
        state = cell(x.clone(), (h.clone(), c.clone()))
        other = cell(x.clone(), (other_h.clone(), other_c.clone()))
    return {"h, c": state, "h of the other, c of the other": other}


# Zeros hide the forget gate and the recurrent weights: this one does not depend on the two above.
@task.check(points=1.5, after=returned)
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    return {"h, c": cell(x.clone())}


# In float32, which tells zeros that are float64 whatever the input; the dtype of any result is the
# business of `float32` alone.
@task.check(points=1, after=default_state, dtype="float32")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """Later calls without a state start from zeros again, in float32 too."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    h, c = case.normal(batch, hidden, name="first h"), case.normal(batch, hidden, name="first c")
    cell(case.normal(batch, inputs, name="x of a call with a state"), (h.clone(), c.clone()))
    for name in ("first x", "second x"):
        cell(case.normal(batch, inputs, name=name))
    x = case.normal(batch, inputs, name="third x")
    found = cell(x)
    from_zeros = cell(x, (torch.zeros_like(h), torch.zeros_like(c)))
    return {
        "h, c": [one.to(x.dtype) for one in found],
        "dtype of h as from zeros, dtype of c as from zeros": [
            one.dtype == other.dtype for one, other in zip(found, from_zeros, strict=True)
        ],
    }


@task.check(points=1.5, after=[cell_state, hidden_state], dtype="float32")
def float32(impl: Any, case: Case) -> dict[str, Any]:
    """With float32 inputs, h and c are right and float32."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x.clone(), (h.clone(), c.clone()))}


@task.check(points=1.5, after=[cell_state, hidden_state])
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of both states are right."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    found = case.gradients(lambda: cell(x.clone(), (h.clone(), c.clone())), x=x, h=h, c=c)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=2.5, after=[cell_state, hidden_state])
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and there are no other trainable parameters."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in cell.parameters())
    found = case.gradients(lambda: cell(x.clone(), (h.clone(), c.clone())), cell)
    return {
        "parameters that are trained": trained,
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=0.75, after=[cell_state, hidden_state], digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.extreme(batch, inputs, name="x")
    h, c = case.extreme(batch, hidden, name="h"), case.extreme(batch, hidden, name="c")
    return {"h, c": cell(x.clone(), (h.clone(), c.clone()))}


# Finite or not: where sums of such numbers nearly cancel, no more of float32 is left to compare.
@task.check(points=0.25, after=float32, cases=4, dtype="float32")
def extreme_float32(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, inputs and states as large as 10000 give finite h and c."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.extreme(batch, inputs, name="x")
    h, c = case.extreme(batch, hidden, name="h"), case.extreme(batch, hidden, name="c")
    h, c = cell(x.clone(), (h.clone(), c.clone()))
    return {"h is finite": torch.isfinite(h), "c is finite": torch.isfinite(c)}


@task.check(points=1, after=[cell_state, hidden_state], cases=6)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """A batch of one, a single input and a single hidden unit work."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x.clone(), (h.clone(), c.clone()))}


@task.check(points=1, after=[cell_state, hidden_state])
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input and the state are not changed."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    cell(x, (h, c))
    return {"x afterwards": x, "h afterwards": h, "c afterwards": c}


@task.check(points=0.5, after=[cell_state, hidden_state], cases=2)
def larger_sizes(impl: Any, case: Case) -> dict[str, Any]:
    """Larger sizes work, even if one size is four times another."""
    batch, inputs, hidden = case.pick(((8, 8, 2), (36, 35, 34)))
    cell = case.fill(impl.LSTMCell(inputs, hidden), scale=0.2)
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x.clone(), (h.clone(), c.clone()))}


def calls(cell: Any, x: Tensor, other_x: Tensor, state: tuple[Tensor, Tensor]) -> list[Tensor]:
    """Return what three calls gave, and the state that was handed over, looked at after the last."""
    h, c = state[0].clone(), state[1].clone()
    results = [cell(x.clone()), cell(other_x.clone()), cell(x.clone(), (h, c))]
    return [one for result in results for one in result] + [h, c]


# Differences: what is wrong in training mode, too, costs its own points alone.
@task.check(points=0.5, after=[cell_state, hidden_state], cases=4)
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """h and c are the same in training mode, in evaluation mode and under no_grad()."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    x, other_x = case.normal(batch, inputs, name="x"), case.normal(batch, inputs, name="other x")
    state = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    usual = calls(case.fill(impl.LSTMCell(inputs, hidden)), x, other_x, state)
    cell = case.fill(impl.LSTMCell(inputs, hidden)).eval()
    evaluated = calls(cell, x, other_x, state)
    with torch.no_grad():
        without = calls(cell.train(case.pick((True, False))), x, other_x, state)
    names = ("h", "c", "next h", "next c", "h from a state", "c from a state", "given h", "given c")
    found = {}
    for name, one, other, third in zip(names, usual, evaluated, without, strict=True):
        found[f"{name}: change in evaluation mode"] = other - one
        found[f"{name}: change without gradients"] = third - one
    return found


@task.check(points=0.5, after=[cell_state, hidden_state], cases=4)
def follows_its_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """After a training step, h and c are computed from the new parameters and the new input."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden)).train(case.pick((True, True, False, False)))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    x_now, h_now, c_now = x.clone(), h.clone(), c.clone()
    with torch.set_grad_enabled(case.pick((True, False))):
        cell(x_now, (h_now, c_now))
        with torch.no_grad():
            for parameter in cell.parameters():
                parameter.mul_(-0.5)
            x_now.copy_(-x), h_now.copy_(h), c_now.copy_(c)
        return {"h, c": cell(x_now, (h_now, c_now))}


@task.check(points=0.75, after=[gradients_of_arguments, gradients_of_parameters], cases=7, dtype="float32")
def gradients_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients are right in float32, when sizes are 1, without a state, and when they are large."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.LSTMCell(inputs, hidden)).train(case.pick((True, False)))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")

    def large(*state: Any) -> list[Tensor]:
        return [50 * one for one in cell(x.clone(), *state)]

    given = case.gradients(lambda: large((h.clone(), c.clone())), cell, x=x, h=h, c=c)
    default = case.gradients(large, cell, x=x)
    zeros = torch.zeros_like(h), torch.zeros_like(c)
    of_zeros = case.gradients(
        lambda: large((zeros[0].clone(), zeros[1].clone())), cell, h=zeros[0], c=zeros[1]
    )
    return (
        {f"gradient of {name}": gradient for name, gradient in given.items()}
        | {f"gradient of {name} without a state": gradient for name, gradient in default.items()}
        | {f"gradient of {name} at a state of zeros": gradient for name, gradient in of_zeros.items()}
    )


@task.check(points=0.25, after=[cell_state, hidden_state], cases=2)
def called_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names are those in the task."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(input_size=inputs, hidden_size=hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x=x.clone(), state=(h.clone(), c.clone()))}
