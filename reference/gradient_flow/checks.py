"""Questions about `rnn_gradient_norms` and `cell_state_retention`.

Each function has its own points, and neither depends on the other. Right values are asked for in
float32, torch's default: a function that collects its results in float32 tensors, whatever the input,
keeps the points for the values. Sizes of one, float64, long sequences and calls by name belong to
`norms_elsewhere` and `retention_elsewhere`: all other checks draw 2 and more. Tensors are handed over as
copies, so that a function that writes into them fails those two alone. A single hidden unit keeps its points
if the slopes are right and the matrices are not.

The norms are derivatives themselves, and ways that are right to compute them (as
`torch.autograd.functional.jacobian`) give results without a graph: their gradients are not asked for.
"""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Plot, Task
from grader.authoring import shared_checks as shared

task = Task()

DISTANCES = {"norms": ("entry",), "retention": ("entry", "hidden")}
"""Entry d - 1 is over d steps, so it is no step of time."""
FIRST = {"steps": 2, "inputs": 1, "hidden": 2}  # few enough numbers to follow by hand


def network(case: Case, **sizes: int) -> dict[str, Tensor]:
    """Return the arguments of `rnn_gradient_norms`, by name, in the order of the signature."""
    if case.number == 0:
        case.sizes = FIRST | case.sizes
    case.sizes.update(sizes)
    steps, inputs, hidden = (case.size(name, least=1 if name in sizes else 2) for name in FIRST)
    return {
        "weight_ih": case.normal(hidden, inputs, name="weight_ih", scale=0.5),
        "weight_hh": case.normal(hidden, hidden, name="weight_hh", scale=0.5),
        "bias_h": case.normal(hidden, name="bias_h", scale=0.5),
        "x": case.normal(steps, inputs, name="x"),
        "h0": case.normal(hidden, name="h0"),
    }


def copies(tensors: dict[str, Tensor]) -> list[Tensor]:
    """Return what to call the function with, the tensors themselves out of its reach."""
    return [tensor.clone() for tensor in tensors.values()]


# All norms of a 1 x 1 matrix are the same, and the order of factors does not matter.
@task.check(points=1.5, cases=5, dtype="float32", depth="steps", axes=DISTANCES)
def single_unit(impl: Any, case: Case) -> dict[str, Any]:
    """With a single hidden unit, the norms over all distances are right."""
    tensors = network(case, hidden=1)
    tensors["weight_hh"] = case.uniform(-1.5, -0.5, 1, 1, name="the recurrent weight")
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


@task.check(points=1.5, cases=5, dtype="float32", depth="steps")
def one_step_back(impl: Any, case: Case) -> dict[str, Any]:
    """The first entry is the norm of the Jacobian over the last step."""
    return {"norm over one step": impl.rnn_gradient_norms(*copies(network(case)))[:1]}


@task.check(
    points=2.5, after=[single_unit, one_step_back], cases=5, dtype="float32", depth="steps", axes=DISTANCES
)
def all_distances(impl: Any, case: Case) -> dict[str, Any]:
    """The norms over all distances are right."""
    return {"norms": impl.rnn_gradient_norms(*copies(network(case)))}


GROWTHS = ((0.5, 20), (1.1, 40), (10.0, 12))
"""By how much each step multiplies a gradient, and over how many steps."""


# Tiny states, so that the tanh does not flatten and the weights alone make the norms shrink or grow. If the
# states or their slopes are wrong this can still be right: it does not depend on the checks above.
@task.check(points=1.5, cases=3, digits=9)
def vanishing_and_exploding(impl: Any, case: Case) -> dict[str, Any]:
    """Over many steps, small recurrent weights make the norms vanish and large ones make them explode."""
    (growth, steps), tensors = case.pick(GROWTHS), network(case)
    rotation, _ = torch.linalg.qr(tensors["weight_hh"])
    tensors["weight_hh"] = growth * rotation
    tensors["bias_h"] = torch.zeros_like(tensors["bias_h"])
    tensors["x"] = case.normal(steps, case.size("inputs"), name=f"x of {steps} steps", scale=1e-15)
    tensors["h0"] = case.normal(case.size("hidden"), name="tiny h0", scale=1e-15)
    return {"norms": impl.rnn_gradient_norms(*copies(tensors))}


SIZES = ((2, 1, 2), (1, 2, 3), (3, 1, 2), (3, 2, 1), (6, 5, 20), (3, 2, 4))


@task.check(points=1.5, after=all_distances, cases=2 * len(SIZES), digits=9, axes=DISTANCES)
def norms_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The norms are right in float64, at all sizes, with inputs up to 10000 and called by name."""
    tensors = network(case, **dict(zip(FIRST, case.pick(SIZES), strict=True)))
    if case.number >= len(SIZES):
        for name in ("x", "h0"):
            tensors[name] = case.extreme(*tensors[name].shape, name=f"extreme {name}")
    norms = impl.rnn_gradient_norms(**tensors)
    return {"norms": norms} | {f"{name} afterwards": tensor for name, tensor in tensors.items()}


def gates(case: Case, low: float = 0.05, high: float = 0.95, **sizes: int) -> Tensor:
    case.sizes.update(sizes or ({"steps": 2, "hidden": 2} if case.number == 0 else {}))
    shape = [case.size(name, least=1 if sizes else 2) for name in ("steps", "hidden")]
    return case.uniform(low, high, *shape, name="forget_gates")


def closed_and_open(case: Case, forget_gates: Tensor) -> Tensor:
    """Return gates of which some are 0 and some 1, so that more than one 0 meets in a unit."""
    which = case.uniform(0, 1, *forget_gates.shape, name="which are closed or open")
    return forget_gates.masked_fill(which < 0.3, 0.0).masked_fill(which > 0.7, 1.0)


@task.check(points=1.25, cases=5, dtype="float32", depth="steps")
def last_gate(impl: Any, case: Case) -> dict[str, Any]:
    """The retention over one step is the last forget gate of each unit."""
    return {"retention over one step": impl.cell_state_retention(gates(case).clone())[0]}


@task.check(points=2, after=last_gate, cases=5, dtype="float32", depth="steps", axes=DISTANCES)
def products(impl: Any, case: Case) -> dict[str, Any]:
    """The retention over all distances is right."""
    return {"retention": impl.cell_state_retention(gates(case).clone())}


@task.check(points=1, after=products, cases=5, dtype="float32", depth="steps", axes=DISTANCES)
def zeros_and_ones(impl: Any, case: Case) -> dict[str, Any]:
    """Forget gates of exactly 0 or 1 give the right, finite retention."""
    return {"retention": impl.cell_state_retention(closed_and_open(case, gates(case)))}


@task.check(points=1.25, after=products, cases=8, dtype="float32", depth="steps")
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of the retention with respect to the forget gates is right, at 0 and 1 too."""
    forget_gates = gates(case)
    if case.number % 2:
        forget_gates = closed_and_open(case, forget_gates)
    return shared.gradients(
        case, lambda: impl.cell_state_retention(forget_gates.clone()), None, forget_gates=forget_gates
    )


SHAPES = ((2, 2), (1, 3), (3, 1), (40, 3), (5, 20))


@task.check(points=1, after=products, cases=2 * len(SHAPES), digits=9, axes=DISTANCES)
def retention_elsewhere(impl: Any, case: Case) -> dict[str, Any]:
    """The retention is right in float64, at all sizes, over forty steps and called by name."""
    steps, hidden = case.pick(SHAPES)
    forget_gates = gates(case, 0.9, 1.0, steps=steps, hidden=hidden)
    if case.number >= len(SHAPES):
        forget_gates = closed_and_open(case, forget_gates)
    before = forget_gates.clone()
    kept = impl.cell_state_retention(forget_gates=forget_gates)
    return {"retention": kept, "forget gates that are what they were": forget_gates == before}


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
