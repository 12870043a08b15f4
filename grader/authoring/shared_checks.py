"""Properties that the same kinds of modules and functions share, as parts of a check's question.

Each function does something with an implementation and returns what was seen. A check of a task is a
docstring and a call of one of these:

    @task.check(points=1)
    def unchanged(impl, case):
        \"""A call changes none of its arguments.\"""
        return unchanged(cell(impl, case), **arguments(case))

`call` is a module or a function. Arguments are tensors, or tuples of tensors.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from grader.authoring.case import Case

Call = Callable[..., Any]


def copied(value: Any) -> Any:
    """Return `value` with copies of its tensors: what is written into them changes no later question."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, (tuple, list)):
        return tuple(copied(one) for one in value)
    return value


def shapes_of_parameters(module: nn.Module, names: Sequence[str]) -> dict[str, Any]:
    """Return the shapes of the named parameters, None for one that is missing."""
    found = dict(module.named_parameters())
    return {name: str(tuple(found[name].shape)) if name in found else None for name in names}


def in_dtype(dtype: torch.dtype, result: Any) -> list[Any]:
    """Return the floating-point tensors of a result in one dtype: which they had is for another check."""
    return [one.to(dtype) if one.is_floating_point() else one for one in result]


def described(result: Any, with_shapes: bool = True) -> str:
    """Return how many tensors a call returned, and their shapes, in words."""
    found = result if isinstance(result, (tuple, list)) else [result]
    words = []
    for one in found:
        shape = f" {tuple(one.shape)}" if with_shapes and isinstance(one, Tensor) else ""
        words.append(f"a tensor{shape}" if isinstance(one, Tensor) else type(one).__name__)
    return " and ".join(words)


def unchanged(call: Call, /, **arguments: Any) -> dict[str, Any]:
    """Return the arguments after a call by their names, and after another one without gradients."""
    call(**arguments)
    with torch.no_grad():
        call(**arguments)
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, tuple):
            found |= {f"{name}[{at}] afterwards": one for at, one in enumerate(value)}
        elif isinstance(value, Tensor):
            found[f"{name} afterwards"] = value
    return found


def in_mode(module: nn.Module, training: bool, gradients: bool) -> AbstractContextManager[Any]:
    """Put a module into training or evaluation mode; within the context, gradients are on or off."""
    module.train(training)
    return torch.set_grad_enabled(gradients)


MODES = ((True, True), (False, True), (True, False), (False, False))
"""Training mode or not, with gradients or not."""


def one_after_another(case: Case, module: nn.Module, *calls: tuple[Any, ...]) -> list[Any]:
    """Return the results of calls with these arguments, looked at after the last one.

    Each case makes them in another mode. So a module is noticed that remembers an earlier call, writes into
    an earlier result, or gives something else in evaluation mode or without gradients.
    """
    with in_mode(module, *case.pick(MODES)):
        results = [module(*copied(arguments)) for arguments in calls]
    module.train()
    return results


def trained(case: Case, module: nn.Module, call: Callable[[], Any], steps: int = 2, rate: float = 0.1) -> Any:
    """Return what `call()` gives after some steps of gradient descent, every other case in evaluation mode.

    The loss is the sum of what `call()` returns, with random weights. A parameter without a gradient stays as
    it is.
    """
    module.train(case.pick((True, False)))
    for _ in range(steps):
        found = case.gradients(call, module)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                gradient = found[name]
                if gradient is not None:
                    parameter.sub_(rate * gradient)
    return call()


def gradients(
    case: Case, call: Callable[[], Any], module: nn.Module | None = None, /, **leaves: Tensor
) -> dict[str, Any]:
    """Return the gradients by name, and how many parameters are trained."""
    trained = {}
    if module is not None:  # before `case.gradients` asks for them all
        trained["parameters that are trained"] = sum(one.requires_grad for one in module.parameters())
    found = case.gradients(call, module, **leaves)
    return trained | {f"gradient of {name}": gradient for name, gradient in found.items()}


def by_gate(found: Mapping[str, Any], gates: Sequence[str], hidden: int) -> dict[str, Any]:
    """Return observations of weights and biases with the `hidden` rows of each gate under its own name."""
    parts: dict[str, Any] = {}
    for name, value in found.items():
        if "weight" not in name and "bias" not in name:
            parts[name] = value
            continue
        for at, gate in enumerate(gates):
            first, last = at * hidden, (at + 1) * hidden - 1
            rows = f"row {first}" if first == last else f"rows {first}–{last}"
            parts[f"{name}: {gate} ({rows})"] = None if value is None else value[first : last + 1]
    return parts
