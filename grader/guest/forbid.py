"""Refuses forbidden layers at run time, at torch's dispatcher and at the Python classes.

The dispatcher is where every disguise ends: a subclass, `getattr`, `torch._VF`, `torch.ops`,
TorchScript. What a task forbids is a class of `torch.nn` (its functional forms go with it) or a
function of torch by its dotted name.
"""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import torch
from torch._ops import OpOverload
from torch.library import Library

from grader.authoring.layers import RECURRENT
from grader.errors import AssignmentError, ForbiddenLayer

_KEYS = ("CPU", "AutogradCPU")
# Found where this is imported: to look at all modules copies their memory in every child.
_WRITTEN_OUT = [module for path, module in sys.modules.items() if path.startswith("torch.ao.nn.")]
"""Where torch itself holds layers that are written out; `import torch` imports them all."""


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
        for layer in (_find(name), *_namesakes(name)):
            if isinstance(layer, type):
                layer.forward = _refusal(name, "")  # type: ignore[attr-defined]
    return library


def close_side_doors(names: Sequence[str]) -> None:
    """Make `redispatch` and `decompose` refuse the operators of the layers called `names`.

    Both go past the place where `refuse` stands. No demonstration needs them, so this comes before
    a student's module is imported, while nobody has kept the methods as they were.
    """
    layers = {f"aten::{operator}": name for name in names for operator in operators(name)}
    if layers:
        for door in ("redispatch", "decompose"):
            setattr(OpOverload, door, _door(getattr(OpOverload, door), layers))


def _door(through: Callable[..., Any], layers: Mapping[str, str]) -> Callable[..., Any]:
    def guarded(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.name() in layers:
            _refusal(layers[self.name()], self.name().removeprefix("aten::"))()
        return through(self, *args, **kwargs)

    return guarded


def _namesakes(name: str) -> list[Any]:
    """Return the classes of `torch.ao` that write the layer called `name` out."""
    last = name.rpartition(".")[2]
    return [vars(module)[last] for module in _WRITTEN_OUT if last in vars(module)]


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
