"""Refusal of forbidden layers at run time, in torch's dispatcher and in its Python code.

Every disguise ends at the dispatcher: a subclass, `getattr`, `torch._VF`, `torch.ops`,
TorchScript. What a task forbids is a class of `torch.nn` (its functional forms go with it) or a
function of torch by its dotted name.
"""

import ctypes
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any, NoReturn

import torch
from torch._decomp import decompositions, global_decomposition_table

from grader.authoring.layers import RECURRENT, family
from grader.errors import AssignmentError, ForbiddenLayer

_has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key


def _takes_kernels(key: str) -> bool:
    try:
        _has_kernel("aten::add.Tensor", key)
    except RuntimeError:  # this build of torch does not have that key
        return False
    return True


# Found at import, in the zygote: a search through all modules would copy their memory pages in each child.
_KEYS = [key for key in torch._C.DispatchKey.__members__ if _takes_kernels(key)]
_EVERYWHERE = frozenset(
    {
        # These two stand before all that their backend could use; the others are used where a key
        # has no kernel of its own: for `meta` and sparse tensors, in `redispatch`, in `decompose`.
        *("CPU", "AutogradCPU", "Autograd", "CompositeImplicitAutograd"),
        *("CompositeImplicitAutogradNestedTensor", "CompositeExplicitAutograd"),
        "CompositeExplicitAutogradNonFunctional",
    }
)
_WRITTEN_OUT = [module for path, module in sys.modules.items() if path.startswith("torch.ao.nn.")]
"""The modules in which torch writes layers out in Python; `import torch` imports them all."""
_IN_PYTHON = [module for path, module in sys.modules.items() if path.startswith("torch._refs")]
"""The modules in which torch has Python versions of its functions, under the same names."""


def refuse(names: Sequence[str]) -> None:
    """Make every use of the layers called `names` raise `ForbiddenLayer` in this process, for good.

    Call it before a student's module is imported: a reference that was taken before would still
    compute. Raises `AssignmentError` for a name that is neither a layer nor a function of torch.
    """
    if not names:
        return
    # Below `torch.library.Library`, which a program can find and destroy: this is no object that
    # Python's garbage collector knows, and a reference that nothing holds keeps it to the end.
    library = torch._C._dispatch_library("IMPL", "aten", "", __file__, 0)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    with warnings.catch_warnings():  # that it replaces a kernel is the purpose
        warnings.simplefilter("ignore")
        for name in names:
            for operator in operators(name):
                for key in _keys(operator):
                    library.impl(operator, key, _refusal(name, operator))
    for name in names:
        for layer in (_find(name), *_namesakes(name)):
            if isinstance(layer, type):
                layer.forward = _refusal(name, "")  # type: ignore[attr-defined]
        for function in _in_python(name):
            _refuse_code(function, _refusal(name, ""))


def _namesakes(name: str) -> list[Any]:
    """Return the classes of `torch.ao` that implement the layer `name` in Python."""
    last = name.rpartition(".")[2]
    return [vars(module)[last] for module in _WRITTEN_OUT if last in vars(module)]


@cache
def _keys(operator: str) -> tuple[str, ...]:
    """Return the dispatch keys at which an operator must be refused."""
    own = {key for key in _KEYS if _has_kernel(f"aten::{operator}", key)}
    return tuple(sorted(own | _EVERYWHERE))


@cache
def _in_python(name: str) -> tuple[Any, ...]:
    """Return the Python functions of torch that compute `name`, meant for tracing and compiling."""
    found = []
    for operator in operators(name):
        packet, _, overload = operator.partition(".")
        made = getattr(getattr(torch.ops.aten, packet), overload or "default")
        found += made.py_kernels.values()
        found += [table[made] for table in global_decomposition_table.values() if made in table]
    found += [vars(module).get(name.rpartition(".")[2]) for module in _IN_PYTHON]
    part = family(name)
    found += [function for called, function in vars(decompositions).items() if part and part in called]
    return tuple(found)


def _refuse_code(function: Any, refusal: Callable[[], NoReturn]) -> None:
    """Make a function object refuse, and the function that it wraps: every reference to it then refuses."""
    while isinstance(function, FunctionType):
        # A function keeps as many free variables as it has.
        function.__code__ = _refused.__code__.replace(co_freevars=function.__code__.co_freevars)
        function.__kwdefaults__ = {"_refusal": refusal}
        function = getattr(function, "__wrapped__", None)


def _refused(*args: Any, _refusal: Callable[[], NoReturn], **kwargs: Any) -> NoReturn:
    _refusal()


def operators(name: str) -> tuple[str, ...]:
    """Return the operators of torch's dispatcher that compute the layer or function `name`."""
    if name in RECURRENT:
        return RECURRENT[name]
    found = _find(name)
    last = name.rpartition(".")[2]
    # A function's own operator, its in-place form, and the operators that implement it.
    kin = (last, f"{last}_", f"_{last}", f"native_{last}")
    packets = [getattr(torch.ops.aten, one) for one in kin if hasattr(torch.ops.aten, one)]
    if isinstance(found, type) and issubclass(found, torch.nn.Module):
        return ()  # its `forward` is refused; name the function it calls to refuse that, too
    if not callable(found) or not hasattr(torch.ops.aten, last):
        raise AssignmentError(f"forbid: {name!r} is neither a layer nor a function of torch")
    return tuple(
        packet.__name__ if overload == "default" else f"{packet.__name__}.{overload}"
        for packet in packets
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


# Before children are forked, so that none of them has to look for these itself.
for _layer in RECURRENT:
    _in_python(_layer)
    for _operator in operators(_layer):
        _keys(_operator)
