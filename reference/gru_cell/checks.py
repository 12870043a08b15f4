"""Questions about `GRUCell`.

Sizes of one belong to `size_one`: all other checks draw 2 and more, so that a cell that loses an
axis of length one keeps their points. States are handed over as copies, so that a cell that
writes into them fails `unchanged` and keeps the points for the right values.
"""

from typing import Any

from grader import Case, Task

task = Task(forbid=["torch.nn.GRU", "torch.nn.GRUCell"])


@task.check(points=0)
def parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The parameters have the names and shapes of those of torch.nn.GRUCell."""
    inputs, hidden = case.size("inputs", least=2), case.size("hidden", least=2)
    found = dict(impl.GRUCell(inputs, hidden).named_parameters())
    return {
        name: str(tuple(found[name].shape)) if name in found else None
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    }


@task.check(points=3, after=parameters)
def one_step(impl: Any, case: Case) -> dict[str, Any]:
    """One step from a given state gives the right h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x, h.clone())}


@task.check(points=1, after=one_step)
def five_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps in a row give the right h, also where another sequence takes turns.

    Each step goes on from the state that it is given, never from one that the cell kept.
    """
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    h, other = case.normal(batch, hidden, name="h"), case.normal(batch, hidden, name="other h")
    for step in range(5):
        x = case.normal(batch, inputs, name=f"x{step + 1}")
        h, other = cell(x, h.clone()), cell(x, other.clone())
    return {"h": h, "h of the other": other}


# Zeros hide most of what comes from the state: this one does not stand on `one_step`.
@task.check(points=1, after=parameters)
def default_state(impl: Any, case: Case) -> dict[str, Any]:
    """Without a state the cell starts from zeros."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x = case.normal(batch, inputs, name="x")
    return {"h": cell(x)}


# In float32, which tells zeros that are float64 whatever the input.
@task.check(points=0.5, after=default_state, dtype="float32")
def second_call(impl: Any, case: Case) -> dict[str, Any]:
    """A second call without a state starts from zeros again, in float32 too."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    cell(case.normal(batch, inputs, name="first x"))
    return {"h": cell(case.normal(batch, inputs, name="second x"))}


@task.check(points=1, after=one_step, dtype="float32")
def float32(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, h is right and float32."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x, h.clone())}


@task.check(points=1, after=one_step)
def gradients_of_arguments(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of the input and of the state are right."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    found = case.gradients(lambda: cell(x, h.clone()), x=x, h=h)
    return {f"gradient of {name}": gradient for name, gradient in found.items()}


@task.check(points=1, after=one_step)
def gradients_of_parameters(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of all parameters are right, and there are no others to train."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    # Before `gradients` asks for them all.
    trained = sum(parameter.requires_grad for parameter in cell.parameters())
    found = case.gradients(lambda: cell(x, h.clone()), cell)
    return {
        "parameters that are trained": trained,
        **{f"gradient of {name}": gradient for name, gradient in found.items()},
    }


@task.check(points=0.5, after=one_step)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite h."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.extreme(batch, inputs, name="x"), case.extreme(batch, hidden, name="h")
    return {"h": cell(x, h.clone())}


@task.check(points=0.5, after=one_step, cases=6)
def size_one(impl: Any, case: Case) -> dict[str, Any]:
    """A batch of one, a single input and a single hidden unit work like any other size."""
    batch, inputs, hidden = case.size("batch"), case.size("inputs"), case.size("hidden")
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    return {"h": cell(x, h.clone())}


@task.check(points=0.5, after=one_step)
def unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The input and the state are left as they are."""
    batch, inputs = case.size("batch", least=2), case.size("inputs", least=2)
    hidden = case.size("hidden", least=2)
    cell = case.fill(impl.GRUCell(inputs, hidden))
    x, h = case.normal(batch, inputs, name="x"), case.normal(batch, hidden, name="h")
    cell(x, h)
    return {"x afterwards": x, "h afterwards": h}
