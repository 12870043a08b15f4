"""Questions about `smoothed_cross_entropy`."""

from typing import Any

import torch
from torch import Tensor

from grader import Case, Task

task = Task(forbid=["torch.nn.CrossEntropyLoss", "torch.nn.NLLLoss", "torch.nn.KLDivLoss"])


def arguments(case: Case, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return logits and a target without padding."""
    positions, classes = case.size("positions"), case.size("classes", least=2)
    logits = case.normal(positions, classes, name="logits", scale=scale)
    return logits, case.classes(classes, positions, name="target")


def padded(case: Case) -> tuple[Tensor, Tensor, dict[str, int]]:
    """Return logits, a target in which every other position is padding, and the padding."""
    logits, target = arguments(case)
    named = case.pick(({}, {"padding": 0}, {"padding": -100}))
    padding = named.get("padding", -1)
    is_padding = torch.arange(len(target)) % 2 == 1
    others = target.where(target != padding, logits.shape[1] - 1)  # none of them is padding by chance
    return logits, case.show("padded target", others.where(~is_padding, padding)), named


@task.check(points=1)
def cross_entropy(impl: Any, case: Case) -> dict[str, Any]:
    """Without smoothing it is the cross-entropy."""
    return {"loss": impl.smoothed_cross_entropy(*arguments(case), smoothing=0.0)}


@task.check(points=3)
def smoothed(impl: Any, case: Case) -> dict[str, Any]:
    """All classes share the smoothing."""
    return {"loss": impl.smoothed_cross_entropy(*arguments(case), **case.pick(({}, {"smoothing": 0.4})))}


@task.check(points=2)
def padding(impl: Any, case: Case) -> dict[str, Any]:
    """Positions with padding do not count."""
    logits, target, named = padded(case)
    return {"loss": impl.smoothed_cross_entropy(logits, target, **named)}


@task.check(points=3, cases=6)
def gradients(impl: Any, case: Case) -> dict[str, Any]:
    """The gradient of the logits is right, and 0 for padding."""
    logits, target, named = padded(case)
    return case.gradients(
        lambda: impl.smoothed_cross_entropy(logits, target, **named), logits=logits
    )


@task.check(points=1, cases=4, dtype="float32")
def large_logits(impl: Any, case: Case) -> dict[str, Any]:
    """In float32, logits as large as 10000 give the right, finite loss and gradients."""
    logits, target = arguments(case, scale=3000.0)
    call = lambda: impl.smoothed_cross_entropy(logits, target)  # noqa: E731
    return {"loss": call().detach(), **case.gradients(call, logits=logits)}
