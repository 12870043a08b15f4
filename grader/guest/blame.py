"""Finds the part of a student's line that raised an exception, and what its names held then.

It runs beside a stranger's program, so it runs none of it: names are looked up in plain dicts, the shape of
a tensor is read with torch's own descriptors, and all else is told by its type alone.
"""

import ast
import dis
import inspect
import itertools
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from grader.guest.importing import source_of
from grader.wire import MAX_DIMENSIONS, MAX_HELD, MAX_NAME, MAX_PART, Blamed, Held

_MOST_SOURCE = 1 << 20
"""Bytes of the longest file that is read for this."""
_MOST_LINES = 10
"""Lines of the longest part that is looked at."""
_LONGEST_CHAIN = 6
"""Names in `self.cell.weight`, and so on."""
_PLAIN = {
    type(None): "None",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    tuple: "tuple",
    list: "list",
    dict: "dict",
}
"""What is told of a value by its type; of those with a length, that as well."""
_TENSORS = (torch.Tensor, torch.nn.Parameter)
_SHAPE = torch._C.TensorBase.shape.__get__  # type: ignore[attr-defined]
_DTYPE = torch._C.TensorBase.dtype.__get__  # type: ignore[attr-defined]
_REGISTERED = ("_parameters", "_buffers", "_modules")
"""Where a torch module keeps what is not in its `__dict__`."""
_NOTHING = object()
_Place = tuple[int, int]
"""A line, counted from 1, and a column in bytes, counted from 0, as `ast` has them."""


def blamed(trace: types.TracebackType) -> Blamed | None:
    """Return the part of the line where `trace` stands, None if it is too long or not known."""
    frame = trace.tb_frame
    span = _span(frame.f_code, trace.tb_lasti)
    if span is None:
        return None
    source = _source(frame.f_code)
    part = _part(source, *span)
    if not part:
        return None
    rebound = _rebound(source, *span)
    held: dict[str, Held] = {}
    for names in _chains(part):
        if names[0] in rebound:
            continue
        name, value = _value(names, frame)
        described = None if value is _NOTHING else _described(name, value)
        if described is not None:
            held[name] = described
    line = " ".join(part.split())
    return Blamed(line[:MAX_PART], tuple(held.values())[:MAX_HELD])


def _span(code: types.CodeType, at: int) -> tuple[_Place, _Place] | None:
    """Return where the source of the instruction at the offset `at` begins and ends, if that is known."""
    if dis.opname[code.co_code[at]].startswith("UNPACK"):
        return None  # what stands there are the names that get the values, not the values
    first, last, begin, end = next(itertools.islice(code.co_positions(), at // 2, None), (None,) * 4)
    if first is None or last is None or begin is None or end is None or last - first >= _MOST_LINES:
        return None
    return (first, begin), (last, end)


def _source(code: types.CodeType) -> str:
    """Return the source of the file that a piece of code is from, empty if it cannot be read."""
    try:
        with open(code.co_filename, "rb") as file:
            return source_of(file.read(_MOST_SOURCE), code.co_filename)
    except (OSError, SyntaxError):
        return ""


def _part(source: str, begin: _Place, end: _Place) -> str:
    """Return what stands between two places, empty if that is too long or not there."""
    lines = source.split("\n")[begin[0] - 1 : end[0]]
    if len(lines) != end[0] - begin[0] + 1:
        return ""
    data = [line.encode() for line in lines]
    data[-1] = data[-1][: end[1]]
    data[0] = data[0][begin[1] :]
    part = b"\n".join(data).decode("utf-8", "replace")
    return part if len(part) <= 2 * MAX_PART else ""


def _rebound(source: str, begin: _Place, end: _Place) -> set[str]:
    """Return the names that a comprehension around a part of `source` binds.

    Since Python 3.12 a comprehension has no frame of its own (PEP 709), and its names hold what they held
    before it once its exception is seen.
    """
    if sys.version_info < (3, 12):
        return set()
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set()
    around = [
        node
        for node in nodes
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp)
        and (node.lineno, node.col_offset) <= begin
        and end <= (node.end_lineno or 0, node.end_col_offset or 0)
    ]
    names = (one for node in around for part in node.generators for one in ast.walk(part.target))
    return {one.id for one in names if isinstance(one, ast.Name)}


def _chains(part: str) -> Iterator[list[str]]:
    """Yield the names of `part` with their attributes, `["self", "W"]`, in the order of the text."""
    try:
        tree = ast.parse(f"({part}\n)")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        try:
            tree = ast.parse(part)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found: list[tuple[int, int, list[str]]] = []
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):  # an attribute comes before what it is an attribute of
        names: list[str] = []
        base: ast.AST = node
        while isinstance(base, ast.Attribute):
            names.append(base.attr)
            base = base.value
            inner.add(base)
        if not isinstance(base, ast.Name) or base.id in bound:
            continue  # in a lambda or a comprehension a name means another value
        if node not in inner and len(names) < _LONGEST_CHAIN:
            found.append((base.lineno, base.col_offset, [base.id, *reversed(names)]))
    for *_, chain in sorted(found, key=lambda one: one[:2]):
        yield chain


def _value(names: list[str], frame: types.FrameType) -> tuple[str, Any]:
    """Return the longest beginning of `names` that is looked up without running any code, and its value."""
    local = frame.f_locals
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        local = dict(local)  # a function's own; Python 3.13 gives a proxy
    scopes = [scope for scope in (local, frame.f_globals) if type(scope) is dict]
    value = next((scope[names[0]] for scope in scopes if names[0] in scope), _NOTHING)
    for count, name in enumerate(names[1:], 1):
        if type(value) in _TENSORS or type(value) in _PLAIN:
            return ".".join(names[:count]), value
        value = _attribute(value, name)
    return ".".join(names), value


def _attribute(value: Any, name: str) -> Any:
    """Return what an instance's own dict holds under `name`, or a torch module has registered."""
    own = _own_dict(value)
    if name in own:
        return own[name]
    for place in _REGISTERED:
        registered = own.get(place)
        if type(registered) is dict and name in registered:
            return registered[name]
    return _NOTHING


def _own_dict(value: Any) -> dict[str, Any]:
    """Return the `__dict__` of an instance of a student's class, empty for anything else."""
    for kind in type.mro(type(value)):
        descriptor = type.__dict__["__dict__"].__get__(kind).get("__dict__")
        if descriptor is not None:
            if type(descriptor) is not types.GetSetDescriptorType:
                return {}
            own = descriptor.__get__(value)
            return own if type(own) is dict else {}
    return {}


def _described(name: str, value: Any) -> Held | None:
    if len(name) > MAX_NAME:
        return None
    made = type(value)
    if made in _TENSORS:
        with torch._C.DisableTorchFunction():
            shape, dtype = tuple(_SHAPE(value)), str(_DTYPE(value)).removeprefix("torch.")
        return Held(name, "tensor", shape, dtype) if len(shape) <= MAX_DIMENSIONS else None
    if made is np.ndarray:
        return Held(name, "array", value.shape, value.dtype.name[:MAX_NAME])
    kind = _PLAIN.get(made)
    if kind is None:
        return None
    return Held(name, kind, (len(value),) if made in (tuple, list, dict) else ())
