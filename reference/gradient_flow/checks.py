"""Questions about `rnn_gradient_norms` and `cell_state_retention`.

Each function has its own points, and neither depends on the other. Right values are asked for in
float32, torch's default, and again in float64: a function that collects its results in float32
tensors, whatever the input, keeps the points for the values. Sizes of one belong to the checks of
that name: all others draw 2 and more. Tensors are handed over as copies, so that a function that
writes into them fails `norms_unchanged` or `retention_unchanged` alone. A single hidden unit keeps its
points where the slopes are right and the matrices are not.

The norms are derivatives themselves, and ways that are right to compute them (as
`torch.autograd.functional.jacobian`) give results without a graph: their gradients are not asked for.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Plot, Task

task = Task()


def network(case: Case, least: int = 2, scale: float = 0.5) -> dict[str, Tensor]:
    """Return the arguments of `rnn_gradient_norms`, by name, in the order of the signature."""
    steps, inputs = case.size("steps", least), case.size("inputs", least)
    hidden = case.size("hidden", least)
    return {
        "weight_ih": case.normal(hidden, inputs, name="weight_ih", scale=0.5),
        "weight_hh": case.normal(hidden, hidden, name="weight_hh", scale=scale),
        "bias_h": case.normal(hidden, name="bias_h", scale=0.5),
        "x": case.normal(steps, inputs, name="x"),
        "h0": case.normal(hidden, name="h0"),
    }


def copies(tensors: dict[str, Tensor]) -> list[Tensor]:
    """Return what to call the function with, the tensors themselves out of its reach."""
    return [tensor.clone() for tensor in tensors.values()]


def gates(case: Case, least: int = 2) -> Tensor:
    shape = case.size("steps", least), case.size("hidden", least)
    return case.uniform(0.05, 0.95, *shape, name="forget_gates")


@task.check(points=0, dtype="float32")
def norms_returned(impl: Any, case: Case) -> dict[str, Any]:
    """rnn_gradient_norms returns a tensor with one entry per step."""
    norms = impl.rnn_gradient_norms(*copies(network(case)))
    return {"norms": str(tuple(norms.shape)) if isinstance(norms, Tensor) else type(norms).__name__}


# All norms of a 1 x 1 matrix are the same, and the order of factors does not matter.
@task.check(points=1.25, after=norms_returned, dtype="float32", depth="steps")
def single_unit(impl: Any, case: Case) -> dict[str, Any]:
    """With a single hidden unit, the norms over all distances are right."""
    steps, inputs = case.size("steps", least=2), case.size("inputs", least=2)
    tensors = {
        "weight_ih": case.normal(1, inputs, name="weight_ih", scale=0.5),
        "weight_hh": case.uniform(-1.5, -0.5, 1, 1, name="weight_hh"),
        "bias_h": case.normal(1, name="bias_h", scale=0.5),
        "x": case.normal(steps, inputs, name="x"),
        "h0": case.normal(1, name="h0"),
    }
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


@task.check(points=1.25, after=norms_returned, dtype="float32", depth="steps")
def one_step_back(impl: Any, case: Case) -> dict[str, Any]:
    """The first entry is the norm of the Jacobian over the last step, in float32."""
    return {"norm over one step": impl.rnn_gradient_norms(*copies(network(case)))[:1]}


@task.check(points=1.75, after=[single_unit, one_step_back], dtype="float32", depth="steps")
def all_distances(impl: Any, case: Case) -> dict[str, Any]:
    """The norms over all distances are right, in float32."""
    return {"norms": impl.rnn_gradient_norms(*copies(network(case)))}


@task.check(points=0.75, after=all_distances, depth="steps", digits=9)
def norms_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 inputs, the norms are float64 and accurate to float64."""
    return {"norms": impl.rnn_gradient_norms(*copies(network(case)))}


@task.check(points=0.5, after=norms_in_float64, digits=9)
def vanishing(impl: Any, case: Case) -> dict[str, Any]:
    """Over twenty steps with small recurrent weights the norms vanish as they should."""
    tensors = network(case, scale=0.2)
    tensors["x"] = case.normal(20, case.size("inputs"), name="x of twenty steps")
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


# Tiny states, so that the tanh does not flatten and the weights alone make the norms grow. Where the
# states or their slopes are wrong this can still be right: it does not depend on the checks above.
@task.check(points=1, after=norms_returned, cases=6, dtype="float32")
def exploding(impl: Any, case: Case) -> dict[str, Any]:
    """Over twelve steps with large recurrent weights the norms explode as they should."""
    tensors = network(case)
    rotation, _ = torch.linalg.qr(tensors["weight_hh"])
    tensors["weight_hh"] = 10 * rotation
    tensors["x"] = case.normal(12, case.size("inputs"), name="x of twelve steps", scale=1e-15)
    tensors["h0"] = case.normal(case.size("hidden"), name="tiny h0", scale=1e-15)
    tensors["bias_h"] = torch.zeros_like(tensors["bias_h"])
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


@task.check(points=0.5, after=norms_in_float64, depth="steps", digits=9)
def extreme_inputs(impl: Any, case: Case) -> dict[str, Any]:
    """Inputs and states as large as 10000 give the right, finite norms."""
    tensors = network(case)
    tensors["x"] = case.extreme(*tensors["x"].shape, name="extreme x")
    tensors["h0"] = case.extreme(*tensors["h0"].shape, name="extreme h0")
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


@task.check(points=0.5, after=all_distances, cases=6, dtype="float32", depth="steps")
def norms_at_size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step, a single input and a single hidden unit work."""
    return {"norms": impl.rnn_gradient_norms(*copies(network(case, least=1)))}


@task.check(points=0.25, after=all_distances, dtype="float32", depth="steps")
def norms_unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The arguments are not changed: a second call with them gives the same norms."""
    tensors = network(case)
    impl.rnn_gradient_norms(*tensors.values())
    afterwards = {f"{name} afterwards": tensor.clone() for name, tensor in tensors.items()}
    return afterwards | {"norms of a second call": impl.rnn_gradient_norms(*tensors.values())}


@task.check(points=0.25, after=norms_in_float64, cases=2, digits=9)
def longer_and_larger(impl: Any, case: Case) -> dict[str, Any]:
    """Over forty steps, and with twenty hidden units, the norms are right as well."""
    steps, inputs, hidden = case.pick(((40, 3, 4), (6, 5, 20)))
    rotation, _ = torch.linalg.qr(case.normal(hidden, hidden, name="weight_hh before it is a rotation"))
    tensors = {
        "weight_ih": case.normal(hidden, inputs, name="weight_ih", scale=0.2),
        "weight_hh": 1.1 * rotation,
        "bias_h": case.normal(hidden, name="bias_h", scale=0.2),
        "x": case.normal(steps, inputs, name="x", scale=0.5),
        "h0": case.normal(hidden, name="h0"),
    }
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


@task.check(points=0.25, after=all_distances, cases=2, dtype="float32")
def norms_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument names of rnn_gradient_norms are those in the task."""
    named = {name: tensor.clone() for name, tensor in network(case).items()}
    return {"norms": impl.rnn_gradient_norms(**named)}


@task.check(points=0, dtype="float32")
def retention_returned(impl: Any, case: Case) -> dict[str, Any]:
    """cell_state_retention returns a tensor of shape (time, hidden)."""
    kept = impl.cell_state_retention(gates(case).clone())
    return {"retention": str(tuple(kept.shape)) if isinstance(kept, Tensor) else type(kept).__name__}


@task.check(points=1, after=retention_returned, dtype="float32", depth="steps")
def last_gate(impl: Any, case: Case) -> dict[str, Any]:
    """The retention over one step is the last forget gate of each unit."""
    return {"retention over one step": impl.cell_state_retention(gates(case).clone())[0]}


@task.check(points=1.5, after=last_gate, dtype="float32", depth="steps")
def products(impl: Any, case: Case) -> dict[str, Any]:
    """The retention over all distances is right, in float32."""
    return {"retention": impl.cell_state_retention(gates(case).clone())}


@task.check(points=0.5, after=products, depth="steps", digits=9)
def retention_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 gates, the retention is float64 and accurate to float64."""
    return {"retention": impl.cell_state_retention(gates(case).clone())}


def closed_and_open(case: Case) -> Tensor:
    """Return gates of which some are 0 and some 1, so that more than one 0 meets in a unit."""
    forget_gates = gates(case)
    which = case.uniform(0, 1, *forget_gates.shape, name="which are closed or open")
    return forget_gates.masked_fill(which < 0.3, 0.0).masked_fill(which > 0.7, 1.0)


@task.check(points=1, after=products, dtype="float32", depth="steps")
def zeros_and_ones(impl: Any, case: Case) -> dict[str, Any]:
    """Forget gates of exactly 0 or 1 give the right, finite retention."""
    return {"retention": impl.cell_state_retention(closed_and_open(case))}


@task.check(points=1, after=products, dtype="float32", depth="steps")
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of the retention with respect to the forget gates is right."""
    forget_gates = gates(case)
    found = case.gradients(
        lambda: impl.cell_state_retention(forget_gates.clone()), None, forget_gates=forget_gates
    )
    return {"gradient of the forget gates": found["forget_gates"]}


@task.check(points=0.5, after=[zeros_and_ones, gradients], dtype="float32", depth="steps")
def gradients_at_zero(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient is right when forget gates are exactly 0 or 1."""
    forget_gates = closed_and_open(case)
    found = case.gradients(
        lambda: impl.cell_state_retention(forget_gates.clone()), None, forget_gates=forget_gates
    )
    return {"gradient of the forget gates": found["forget_gates"]}


@task.check(points=0.25, after=products, cases=5, dtype="float32", depth="steps")
def retention_at_size_one(impl: Any, case: Case) -> dict[str, Any]:
    """One step and a single hidden unit work."""
    return {"retention": impl.cell_state_retention(gates(case, least=1).clone())}


@task.check(points=0.25, after=products, dtype="float32")
def retention_unchanged(impl: Any, case: Case) -> dict[str, Any]:
    """The forget gates are not changed, not even those of exactly 0 or 1."""
    forget_gates = closed_and_open(case)
    before = forget_gates.clone()
    impl.cell_state_retention(forget_gates)
    return {"forget gates that are what they were": forget_gates == before}


@task.check(points=0.25, after=[retention_in_float64, gradients_at_zero], cases=4, digits=9)
def zeros_and_ones_in_float64(impl: Any, case: Case) -> dict[str, Any]:
    """With float64 gates of exactly 0 or 1, the retention and its gradient are accurate to float64."""
    forget_gates = closed_and_open(case)
    kept = impl.cell_state_retention(forget_gates.clone())
    found = case.gradients(
        lambda: impl.cell_state_retention(forget_gates.clone()), None, forget_gates=forget_gates
    )
    return {"retention": kept, "gradient of the forget gates": found["forget_gates"]}


@task.check(points=0.25, after=[products, gradients], cases=2, dtype="float32")
def long_retention(impl: Any, case: Case) -> dict[str, Any]:
    """Over forty steps, and with twenty units, the retention and its gradient are right as well."""
    forget_gates = case.uniform(0.9, 1.0, *case.pick(((40, 3), (5, 20))), name="forget_gates")
    kept = impl.cell_state_retention(forget_gates.clone())
    found = case.gradients(
        lambda: impl.cell_state_retention(forget_gates.clone()), None, forget_gates=forget_gates
    )
    return {"retention": kept, "gradient of the forget gates": found["forget_gates"]}


@task.check(points=0.25, after=products, cases=2, dtype="float32")
def retention_by_name(impl: Any, case: Case) -> dict[str, Any]:
    """The argument name of cell_state_retention is the one in the task."""
    return {"retention": impl.cell_state_retention(forget_gates=gates(case).clone())}


GROWTH = "the growth that the recurrent weights allow"


# The pictures depend on no check: they help most if the numbers are wrong.
@task.check(
    points=0,
    cases=1,
    dtype="float32",
    plot=Plot(
        "Gradient norm against distance",
        x="distance d",
        y="spectral norm",
        log=True,
        first=1,
        beside=[GROWTH],
    ),
)
def picture_of_norms(impl: Any, case: Case) -> dict[str, Any]:
    """A picture of the norms over thirty steps, below what the recurrent weights allow."""
    tensors = network(case)
    tensors["x"] = case.normal(30, case.size("inputs"), name="x of thirty steps")
    largest = torch.linalg.matrix_norm(tensors["weight_hh"], ord=2)
    return {
        "gradient norm": impl.rnn_gradient_norms(*copies(tensors)),
        GROWTH: largest ** torch.arange(1, 31),
    }


@task.check(
    points=0,
    cases=1,
    dtype="float32",
    plot=Plot("Cell state kept against distance", x="distance d", y="retention", log=True, first=1),
)
def picture_of_retention(impl: Any, case: Case) -> dict[str, Any]:
    """A picture of what three units of an LSTM keep over thirty steps."""
    noise = case.normal(30, 3, name="forget gates before the sigmoid")
    means = torch.tensor([0.0, 2.0, 5.0], dtype=noise.dtype)
    kept = impl.cell_state_retention(torch.sigmoid(noise + means))
    names = ("gates about 0.5", "gates about 0.88", "gates about 0.99")
    return {name: kept[:, unit] for unit, name in enumerate(names)}
