"""Questions about `Dropout`. Random numbers differ from the solution's, so properties judge the answers."""

from collections.abc import Mapping
from typing import Any

import torch

from grader import Case, Task

task = Task(forbid=["torch.nn.Dropout", "torch.dropout"])

_RATES = (0.5, 0.2, 0.8, 0.0)


@task.check(points=0, cases=4)
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """In evaluation the input comes back as it is, and gradients pass."""
    layer = impl.Dropout(case.pick(_RATES)).eval()
    x = case.normal(case.size("batch"), case.size("features"), name="x")
    return {"output": layer(x), **case.gradients(lambda: layer(x), x=x)}


def kept_or_dropped(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Every entry is 0 or x / (1 - p), and as many are 0 as chance allows."""
    x, p, output = actual["x"], actual["p"], actual["output"]
    if output.shape != x.shape:
        return f"the output has shape {tuple(output.shape)}, the input {tuple(x.shape)}"
    dropped = output == 0
    if not torch.allclose(output[~dropped], x[~dropped] / (1 - p)):
        return "an entry that is left is not x / (1 - p)"
    share = dropped.double().mean().item()
    # Five standard deviations of a binomial share: a right program fails once in a million.
    allowed = 5 * (p * (1 - p) / x.numel()) ** 0.5
    if abs(share - p) > allowed:
        return f"{share:.0%} of the entries are 0, with p = {p:g}"
    return None


@task.check(points=5, cases=4, after=evaluation, compare=kept_or_dropped)
def training(impl: Any, case: Case) -> dict[str, Any]:
    """In training entries are left out with probability p, and the others scaled."""
    p = case.pick(_RATES)
    x = case.normal(40, 50, name="x")
    return {"x": x, "p": p, "output": impl.Dropout(p)(x)}


def independent(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """Two calls, two rows and two columns drop different entries."""
    first, second = actual["first"] == 0, actual["second"] == 0
    if torch.equal(first, second):
        return "two calls left out the same entries"
    if torch.equal(first, first[:1].expand_as(first)):
        return "the same entries are left out in every row"
    if torch.equal(first, first[:, :1].expand_as(first)):
        return "the same entries are left out in every column"
    return None


@task.check(points=2, cases=3, after=training, compare=independent)
def every_call(impl: Any, case: Case) -> dict[str, Any]:
    """What is left out is drawn anew for every entry and in every call."""
    layer = impl.Dropout(case.pick((0.5, 0.2, 0.8)))
    x = case.normal(20, 30, name="x")
    return {"first": layer(x), "second": layer(x)}


def gradient_of_the_kept(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> str | None:
    """The gradient is 1 / (1 - p) where an entry was kept, 0 elsewhere."""
    if actual["gradient"] is None:
        return "no gradient arrives at the input"
    kept = (actual["output"] != 0).to(actual["gradient"].dtype)
    if not torch.allclose(actual["gradient"], kept / (1 - actual["p"])):
        return "the gradient is not 1 / (1 - p) for the entries that were kept and 0 for the others"
    return None


@task.check(points=3, cases=3, after=training, compare=gradient_of_the_kept)
def gradient(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient reaches the entries that were kept, scaled like them."""
    p = case.pick((0.5, 0.2, 0.8))
    x = case.normal(20, 30, name="x").requires_grad_()
    output = impl.Dropout(p)(x)
    found = torch.autograd.grad(output.sum(), x)[0] if output.requires_grad else torch.zeros_like(x)
    return {"p": p, "output": output, "gradient": found}
