"""Questions about `LayerNorm`."""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.LayerNorm", "torch.nn.GroupNorm"])


def vectors(case: Case, scale: float = 1.0) -> Tensor:
    """Return x with one, two or no leading axes."""
    features = case.size("features", least=2)
    lead = [case.size("batch"), case.size("steps")][: case.pick((1, 2, 0))]
    return case.normal(*lead, features, name="x", scale=scale)


@task.check(points=0)
def beginning(impl: Any, case: Case) -> dict[str, Any]:
    """At the beginning the weight is ones and the bias zeros, and there are no other parameters."""
    return dict(impl.LayerNorm(case.size("features")).to(case.dtype).named_parameters())


@task.check(points=3)
def result(impl: Any, case: Case) -> dict[str, Any]:
    """Each vector is normalized, scaled and shifted."""
    x = vectors(case)
    return {"output": case.fill(impl.LayerNorm(x.shape[-1]))(x)}


@task.check(points=2, cases=6)
def small_variance(impl: Any, case: Case) -> dict[str, Any]:
    """Where entries differ by little, eps counts, that of the argument too."""
    x = vectors(case, scale=0.01)
    norm = impl.LayerNorm(x.shape[-1], **case.pick(({}, {"eps": 1e-3})))
    return {"output": case.fill(norm)(x), "output for equal entries": norm(torch.ones_like(x))}


@task.check(points=4, after=beginning, cases=6)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of x, weight and bias are right."""
    x = vectors(case)
    norm = case.fill(impl.LayerNorm(x.shape[-1]))
    return case.gradients(lambda: norm(x), norm, x=x)


@task.check(points=1, cases=4, dtype="float32")
def float32(impl: Any, case: Case) -> dict[str, Any]:
    """With float32 the result is right and float32, for a single feature too."""
    x = case.normal(case.size("batch"), case.pick((3, 1)), name="x")
    return {"output": case.fill(impl.LayerNorm(x.shape[-1]))(x)}
