"""Refusal of forbidden layers at run time, in torch's dispatcher and in its Python code.

Every disguise ends at the dispatcher: a subclass, `getattr`, `torch._VF`, `torch.ops`,
TorchScript. What a task forbids is a class of `torch.nn` (its functional forms go with it), an optimizer, or
a function of torch by its dotted name. A function of NumPy has no dispatcher: it is replaced by name.
"""

import ctypes
import difflib
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, NoReturn

import numpy
import torch
from torch._decomp import decompositions, global_decomposition_table
from torch.nn import functional

from grader.authoring.layers import FAMILIES, RECURRENT, family, functions, operator_names
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
_ROOTS: dict[str, Any] = {"torch": torch, "numpy": numpy}
_SHORT = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn", "optim": "torch.optim"}
"""What programs call a library."""
_BASES = (
    *(torch.Tensor, torch.nn.Module, torch.nn.Parameter, torch.optim.Optimizer),
    *(torch.autograd.Function, torch.utils.data.Dataset),
)
"""What everything else is made of."""
_PLACES = ("torch.nn", "torch", "torch.nn.functional", "torch.optim", "torch.linalg", "numpy", "numpy.linalg")
"""Where a name is looked for that an author wrote otherwise, in this order."""
_IN_PYTHON = [module for path, module in sys.modules.items() if path.startswith("torch._refs")]
"""The modules in which torch has Python versions of its functions, under the same names."""


def refuse(forbidden: Sequence[str]) -> None:
    """Make every use of what is called `forbidden` raise `ForbiddenLayer` in this process, for good.

    Layers, optimizers and functions of torch, and functions of NumPy; the latter only by their names, for an
    array's methods cannot be replaced. Call it before a student's module is imported: a reference that was
    taken before would still compute. Raises `AssignmentError` for a name that is none of these.
    """
    if not forbidden:
        return
    for name in forbidden:
        if name.startswith("numpy."):
            _refuse_numpy(name)
    names = [name for name in forbidden if not name.startswith("numpy.")]
    names += [other for name in names for other in FAMILIES.get(name, ()) if other not in names]
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
        found = _find(name)
        for layer in (found, *_namesakes(name)):
            if isinstance(layer, type) and issubclass(layer, torch.nn.Module):
                layer.forward = _refusal(name, "")
        if isinstance(found, type) and not issubclass(found, torch.nn.Module):
            _refuse_optimizer(found, name)
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
    last = name.rpartition(".")[2]
    found += [vars(module).get(one) for module in _IN_PYTHON for one in (last, *functions(name))]
    found += [_find(name), *(getattr(functional, one, None) for one in functions(name))]
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
    """Return the operators of torch's dispatcher that compute the layer, optimizer or function `name`.

    Raises `AssignmentError` for a name that does not exist, or that cannot be refused.
    """
    if name in RECURRENT:
        return RECURRENT[name]
    found = _find(name)
    if not name.startswith("torch."):
        return ()
    last = name.rpartition(".")[2]
    if isinstance(found, type):
        names = functions(name) if issubclass(found, torch.nn.Module) else (f"_fused_{last.lower()}",)
    else:
        # `torch.linalg.solve` calls itself `linalg_solve`.
        names = tuple(dict.fromkeys((last, getattr(found, "__name__", last))))
    kin = dict.fromkeys(operator for one in names for operator in operator_names(one))
    packets = [getattr(torch.ops.aten, one) for one in kin if hasattr(torch.ops.aten, one)]
    if not packets and not isinstance(found, (type, FunctionType)):
        raise AssignmentError(f"forbid: {name!r} cannot be refused: it is none of torch's operators")
    found_all = (
        packet.__name__ if overload == "default" else f"{packet.__name__}.{overload}"
        for packet in packets
        for overload in packet.overloads()
    )
    return tuple(filter(_is_dispatched, found_all))


def _is_dispatched(operator: str) -> bool:
    """Whether the dispatcher knows an overload; some, like `einsum.sublist`, are for TorchScript only."""
    try:
        _has_kernel(f"aten::{operator}", "CPU")
    except RuntimeError:
        return False
    return True


def relatives(name: str) -> tuple[str, ...]:
    """Return the functions by which `name` is refused as well, as authors know them."""
    if not name.startswith("torch."):
        return ()
    known = {f"torch.nn.functional.{one}" for one in functions(name) if hasattr(functional, one)}
    packets = {operator.partition(".")[0] for operator in operators(name)}
    known |= {f"torch.{one}" for one in packets if hasattr(torch, one)}
    return (*FAMILIES.get(name, ()), *sorted(known - {name}))


def _find(name: str) -> Any:
    """Return the layer, optimizer, class or function called `name`. Raises `AssignmentError`."""
    library, *parts = name.split(".")
    found = _ROOTS.get(library)
    for part in parts:
        found = getattr(found, part, None)
    if found is None or not parts or isinstance(found, ModuleType):
        near = _nearest(name)
        hint = f"; is {near} what you mean?" if near else ""
        raise AssignmentError(
            f"forbid: {name!r} is neither a layer nor an optimizer nor a function of torch or NumPy{hint}"
        )
    if found in _BASES or not callable(found) or (isinstance(found, type) and not _is_refusable(found)):
        raise AssignmentError(
            f"forbid: {name!r} cannot be refused; name a layer, an optimizer, or a function of torch or NumPy"
        )
    return found


def _is_refusable(found: type) -> bool:
    """Whether what a class computes goes through a method of its own in Python."""
    if issubclass(found, torch.nn.Module):
        return getattr(found, "forward", None) is not torch.nn.Module.forward
    return found.__module__.startswith("torch.") and isinstance(vars(found).get("__init__"), FunctionType)


def _nearest(name: str) -> str | None:
    """Return the full name of what the author may have meant."""
    first, _, rest = name.partition(".")
    parent = f"{_SHORT.get(first, first)}.{rest}".rpartition(".")[0]
    known: dict[str, str] = {}
    for place in (parent, *_PLACES):
        library, *parts = place.split(".")
        found = _ROOTS.get(library)
        for part in parts:
            found = getattr(found, part, None)
        for one in dir(found) if found is not None else ():
            if not one.startswith("_") and callable(getattr(found, one, None)):
                known.setdefault(f"{place}.{one}", one)
    last = name.rpartition(".")[2].lower()
    same = [full for full, one in known.items() if one.lower() == last]
    whole = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    lowered = {one.lower(): full for full, one in reversed(known.items())}
    by_last = difflib.get_close_matches(last, lowered, n=1, cutoff=0.7)
    return next(iter((*same, *whole, *(lowered[one] for one in by_last))), None)


def _refuse_optimizer(optimizer: type, name: str) -> None:
    """Refuse a class that is no layer, and the functions in its file that do its work."""
    refusal = _refusal(name, "")
    for method in ("__init__", "step"):
        if hasattr(optimizer, method):
            setattr(optimizer, method, refusal)
    last = optimizer.__name__.lower()
    for called, function in vars(sys.modules[optimizer.__module__]).items():
        if called in (last, f"_single_tensor_{last}", f"_multi_tensor_{last}", f"_fused_{last}"):
            _refuse_code(function, refusal)


def _refuse_numpy(name: str) -> None:
    """Refuse a function of NumPy under its public names, and the Python function that does its work."""
    found, refusal = _find(name), _refusal(name, "")
    _refuse_code(getattr(found, "_implementation", found), refusal)
    for path, module in list(sys.modules.items()):
        if path.partition(".")[0] == "numpy" and "._" not in path:
            for called, value in list(vars(module).items()):
                if value is found:
                    setattr(module, called, refusal)


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
