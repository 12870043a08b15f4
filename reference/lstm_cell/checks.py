"""Questions about `LSTMCell`.

Sizes of one belong to `size_one`: all other checks draw 2 and more, so that a cell that loses an
axis of length one keeps their points. States are handed over as copies, so that a cell that
writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.LSTM", "torch.nn.LSTMCell"])


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of those of torch.nn.LSTMCell."""
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
    result = cell(x, (h.clone(), c.clone()))
    found = result if isinstance(result, (tuple, list)) else [result]
    shapes = [
        f"a tensor {tuple(one.shape)}" if isinstance(one, Tensor) else type(one).__name__
        for one in found
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
    _, c = cell(x, (h.clone(), c.clone()))
    return {"c": c}


@task.check(points=2, after=returned)
def hidden_state(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    h, _ = cell(x, (h.clone(), c.clone()))
    return {"h": h}


@task.check(points=2, after=[cell_state, hidden_state])
def five_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h and c, also where another sequence takes turns.

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
        state = cell(x, (h.clone(), c.clone()))
        other = cell(x, (other_h.clone(), other_c.clone()))
    return {"h, c": state, "h of the other, c of the other": other}


# Zeros hide the forget gate and the recurrent weights: this one does not stand on the two above.
@task.check(points=2, after=returned)
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    return {"h, c": cell(x)}


# In float32, which tells zeros that are float64 whatever the input.
@task.check(points=1, after=default_state, dtype="float32")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """A second call without a state starts from zeros again, in float32 too."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    cell(case.normal(batch, inputs, name="first x"))
    return {"h, c": cell(case.normal(batch, inputs, name="second x"))}


@task.check(points=2, after=[cell_state, hidden_state], dtype="float32")
def float32(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, h and c are right and float32."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x, (h.clone(), c.clone()))}


@task.check(points=2, after=[cell_state, hidden_state])
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of both states are right."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    found = case.gradients(lambda: cell(x, (h.clone(), c.clone())), x=x, h=h, c=c)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=3, after=[cell_state, hidden_state])
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and there are no others to train."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in cell.parameters())
    found = case.gradients(lambda: cell(x, (h.clone(), c.clone())), cell)
    return {
        "parameters that are trained": trained,
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=1, after=[cell_state, hidden_state])
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h and c."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.extreme(batch, inputs, name="x")
    h, c = case.extreme(batch, hidden, name="h"), case.extreme(batch, hidden, name="c")
    return {"h, c": cell(x, (h.clone(), c.clone()))}


@task.check(points=1, after=[cell_state, hidden_state], cases=6)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """A batch of one, a single input and a single hidden unit work like any other size."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    return {"h, c": cell(x, (h.clone(), c.clone()))}


@task.check(points=1, after=[cell_state, hidden_state])
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input and the state are left as they are."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.LSTMCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    h, c = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="c")
    cell(x, (h, c))
    return {"x afterwards": x, "h afterwards": h, "c afterwards": c}
