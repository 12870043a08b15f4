"""Questions about `train` and `evaluate`."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from grader import Case, Task

task = Task()


class Halved(nn.Module):
    """A linear model whose output is halved in training: the mode shows in the numbers."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.seen: set[str] = set()

    def forward(self, x: Tensor) -> Tensor:
        """Return the output; note whether a graph is built."""
        self.seen.add("a graph is built" if torch.is_grad_enabled() else "no graph is built")
        return self.linear(x) * (0.5 if self.training else 1.0)


class Descent:
    """Plain gradient descent with the interface of an optimizer of torch."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float) -> None:
        self.param_groups = [{"params": list(parameters), "lr": lr}]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        for parameter in self.param_groups[0]["params"]:
            parameter.grad = None

    def step(self) -> None:
        """Go against the gradients."""
        with torch.no_grad():
            for parameter in self.param_groups[0]["params"]:
                if parameter.grad is not None:
                    parameter -= self.param_groups[0]["lr"] * parameter.grad


def weighted_error(output: Tensor, y: Tensor) -> Tensor:
    """Return the mean of squared errors, large ones of y weighted more."""
    return ((output - y).square() * (1 + y.abs())).mean()


def given(case: Case, scale: float = 1.0) -> tuple[Any, list[tuple[Tensor, Tensor]], Any, Any]:
    """Return a model, three batches of different sizes, a loss function and an optimizer."""
    inputs, outputs, batch = case.size("inputs"), case.size("outputs"), case.size("batch")
    model = case.fill(Halved(inputs, outputs))
    batches = [
        (
            case.normal(samples, inputs, name=f"x of batch {number}", scale=scale),
            case.normal(samples, outputs, name=f"y of batch {number}"),
        )
        for number, samples in enumerate((batch, batch + 2, 1), 1)
    ]
    return model, batches, weighted_error, Descent(model.parameters(), lr=0.1)


def parameters(model: nn.Module) -> dict[str, Tensor]:
    """Return what the model has learned."""
    return {name: one.detach().clone() for name, one in model.named_parameters()}


@task.check(points=2)
def steps(impl: Any, case: Case) -> dict[str, Any]:
    """One epoch leads to the right parameters."""
    model, *rest = given(case)
    for parameter in model.parameters():  # as a backward pass before would have left them
        parameter.grad = torch.ones_like(parameter)
    impl.train(model, *rest)
    return parameters(model)


@task.check(points=2)
def losses(impl: Any, case: Case) -> dict[str, Any]:
    """The loss of each epoch is the mean over its samples."""
    return {"losses": impl.train(*given(case), epochs=case.pick((1, 3)))}


@task.check(points=1, after=steps, cases=4)
def mode(impl: Any, case: Case) -> dict[str, Any]:
    """Training happens in training mode, after an evaluation too."""
    model, *rest = given(case)
    model.eval()
    impl.train(model, *rest, epochs=2)
    return {"training mode": model.training, **parameters(model)}


# In float32: torch adds 1e-6 to the norm, and a right program need not.
@task.check(points=2, after=steps, dtype="float32")
def clipped(impl: Any, case: Case) -> dict[str, Any]:
    """Gradients whose total norm is larger than max_norm are scaled down, others are not."""
    model, *rest = given(case, scale=2.0)
    impl.train(model, *rest, epochs=2, max_norm=case.pick((0.5, 1.0, 1e4)))
    return parameters(model)


@task.check(points=1)
def evaluation(impl: Any, case: Case) -> dict[str, Any]:
    """The loss of an evaluation is the mean over its samples, in evaluation mode."""
    model, batches, loss_function, _ = given(case)
    return {"loss": impl.evaluate(model, batches, loss_function)}


@task.check(points=2, cases=6)
def no_trace(impl: Any, case: Case) -> dict[str, Any]:
    """An evaluation builds no graph and leaves mode, parameters and gradients as they are."""
    model, batches, loss_function, _ = given(case)
    model.train(case.pick((True, False)))
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    impl.evaluate(model, batches, loss_function)
    gradients = [parameter.grad for parameter in model.parameters()]
    return {"mode": model.training, "seen": model.seen, "gradients": gradients, **parameters(model)}
