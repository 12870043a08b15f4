"""Questions about `AdamW`."""

from collections.abc import Iterable
from typing import Any

from torch import nn

from grader import Case, Task

task = Task(forbid=["torch.optim.AdamW"])


def parameters(case: Case) -> list[nn.Parameter]:
    """Return two parameters of different shapes."""
    weight = case.normal(case.size("rows"), case.size("columns"), name="weight")
    return [nn.Parameter(one.clone()) for one in (weight, case.normal(case.size("units"), name="bias"))]


def give_gradients(case: Case, given: Iterable[nn.Parameter], step: int) -> None:
    """Set the gradients, as a backward pass does."""
    for place, one in enumerate(given):
        one.grad = case.normal(*one.shape, name=f"gradient {place} of step {step}").clone()


@task.check(points=2)
def one_step(impl: Any, case: Case) -> dict[str, Any]:
    """A step without weight decay changes the parameters in place, and not their gradients."""
    given = parameters(case)
    optimizer = impl.AdamW(given, lr=0.1, weight_decay=0.0)
    give_gradients(case, given, 1)
    optimizer.step()
    return {"parameters": [one.detach() for one in given], "gradients": [one.grad for one in given]}


@task.check(points=3, after=one_step)
def five_steps(impl: Any, case: Case) -> dict[str, Any]:
    """Five steps with other betas and a larger eps lead to the right parameters."""
    given = parameters(case)
    optimizer = impl.AdamW(given, lr=0.1, betas=(0.8, 0.95), eps=case.pick((0.5, 1e-8)), weight_decay=0.0)
    for step in range(1, 6):
        give_gradients(case, given, step)
        optimizer.step()
    return {"parameters": [one.detach() for one in given]}


@task.check(points=2, after=one_step)
def weight_decay(impl: Any, case: Case) -> dict[str, Any]:
    """The weights decay by themselves, apart from the gradient, with the defaults too."""
    given = parameters(case)
    optimizer = impl.AdamW(iter(given), **case.pick(({"lr": 0.1, "weight_decay": 0.5}, {})))
    for step in range(1, 4):
        give_gradients(case, given, step)
        optimizer.step()
    return {"parameters": [one.detach() for one in given]}


@task.check(points=2, after=one_step, cases=4, dtype="float32")
def left_alone(impl: Any, case: Case) -> dict[str, Any]:
    """A parameter without a gradient is left as it is, and its step is not counted, in float32 too."""
    given = parameters(case)
    optimizer = impl.AdamW(given, lr=0.1, weight_decay=0.5)
    for step, with_gradient in enumerate((given[:1], given, given[1:]), 1):
        given[0].grad = given[1].grad = None
        give_gradients(case, with_gradient, step)
        optimizer.step()
    return {"parameters": [one.detach() for one in given]}


@task.check(points=1, cases=3)
def zero_grad(impl: Any, case: Case) -> dict[str, Any]:
    """zero_grad() forgets the gradients of all parameters."""
    given = parameters(case)
    give_gradients(case, given, 1)
    impl.AdamW(given).zero_grad()
    return {"gradients are None or 0": [one.grad is None or not one.grad.any() for one in given]}
