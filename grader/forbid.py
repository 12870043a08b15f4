"""Refuses forbidden layers at run time, at torch's dispatcher and at the Python classes.

The dispatcher is where every disguise ends: a subclass, `getattr`, `torch._VF`, `torch.ops`,
TorchScript. What a task forbids is a class of `torch.nn` (its functional forms go with it) or a
function of torch by its dotted name.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
from torch.library import Library

from grader.errors import AssignmentError, ForbiddenLayer
from grader.layers import RECURRENT

_KEYS = ("CPU", "AutogradCPU")


def refuse(names: Sequence[str]) -> Library | None:
    """Make every use of the layers called `names` raise `ForbiddenLayer` in this process.

    The refusal lasts as long as the returned library is kept. Raises `AssignmentError` for a
    name that is neither a layer nor a function of torch.
    """
    if not names:
        return None
    library = Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    for name in names:
        for operator in operators(name):
            for key in _KEYS:
                with warnings.catch_warnings():  # that it replaces a kernel is the purpose
                    warnings.simplefilter("ignore")
                    library.impl(operator, _refusal(name, operator), key)  # type: ignore[no-untyped-call]
        layer = _find(name)
        if isinstance(layer, type):
            layer.forward = _refusal(name, "")  # type: ignore[attr-defined]
    return library


def operators(name: str) -> tuple[str, ...]:
    """Return the operators of torch's dispatcher that compute the layer or function `name`."""
    if name in RECURRENT:
        return RECURRENT[name]
    found = _find(name)
    packet = getattr(torch.ops.aten, name.rpartition(".")[2], None)
    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        return ()  # its `forward` is refused; name the function it calls to refuse that, too
    if not callable(found) or packet is None:
        raise AssignmentError(f"forbid: {name!r} is neither a layer nor a function of torch")
    return tuple(
        packet.__name__ if overload == "default" else f"{packet.__name__}.{overload}"
        for overload in packet.overloads()
    )


def _find(name: str) -> Any:
    found: Any = torch
    for part in name.split(".")[1:]:
        found = getattr(found, part, None)
    return found


def _refusal(name: str, operator: str) -> Callable[..., NoReturn]:
    call = f" (through `{operator.partition('.')[0]}`)" if operator else ""

    def refused(*args: Any, **kwargs: Any) -> NoReturn:
        raise ForbiddenLayer(f"`{name}` computed here{call}; this task asks to write it out.")

    return refused
