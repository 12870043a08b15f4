"""Questions about `attention`."""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.MultiheadAttention"])


def arguments(case: Case, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, key and value, with no, one or two leading axes."""
    queries, keys, depth, values = (case.size(name) for name in ("queries", "keys", "depth", "values"))
    lead = [case.size("batch"), case.size("heads")][: case.pick((0, 1, 2))]
    return (
        case.normal(*lead, queries, depth, name="query", scale=scale),
        case.normal(*lead, keys, depth, name="key", scale=scale),
        case.normal(*lead, keys, values, name="value"),
    )


def allowed(case: Case, query: Tensor, key: Tensor) -> Tensor:
    """Return a mask with a True in each row, with leading axes in every other case."""
    lead = query.shape[:-2] if case.number % 2 else ()
    return case.mask(*lead, query.shape[-2], key.shape[-2], name="mask")


@task.check(points=3)
def result(impl: Any, case: Case) -> dict[str, Any]:
    """Without a mask, output and weights are right."""
    return {"output, weights": impl.attention(*arguments(case))}


@task.check(points=2)
def bool_mask(impl: Any, case: Case) -> dict[str, Any]:
    """A bool mask leaves out the keys where it is False."""
    query, key, value = arguments(case)
    return {"output, weights": impl.attention(query, key, value, allowed(case, query, key))}


@task.check(points=2)
def additive_mask(impl: Any, case: Case) -> dict[str, Any]:
    """A floating-point mask is added to the scores."""
    query, key, value = arguments(case)
    mask = torch.zeros(()).to(query).masked_fill(~allowed(case, query, key), float("-inf"))
    return {"output, weights": impl.attention(query, key, value, mask)}


@task.check(points=2, cases=6)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradients of query, key and value are right, with a mask too."""
    query, key, value = arguments(case)
    mask = case.pick((None, allowed(case, query, key)))
    return case.gradients(
        lambda: impl.attention(query, key, value, mask), query=query, key=key, value=value
    )


@task.check(points=1, dtype="float32", after=result, cases=4)
def large_scores(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, scores as large as a million give finite weights that are float32."""
    return {"output, weights": impl.attention(*arguments(case, scale=1000.0))}
