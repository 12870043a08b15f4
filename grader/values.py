"""Values: what a check observed, as trees of plain data.

Different values have different trees, and no node is a stranger's object. `leaves` lists the parts of a value
by readable paths; `literal` and `describe` render it as text.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LITERAL = 120
"""Characters of a value that are shown in a sentence."""
_AROUND = 40
"""Characters shown before and after the place where two long texts differ."""


@dataclass(frozen=True)
class Tensor:
    """A dense tensor, or a NumPy array: the name of its dtype and its entries.

    The array has the dtype of that name, or a wider one if NumPy lacks it (`bfloat16`).
    """

    dtype: str
    array: npt.NDArray[Any]
    numpy: bool = False


@dataclass(frozen=True)
class Number:
    """A NumPy scalar: the name of its dtype and its number."""

    dtype: str
    value: bool | int | float | complex


@dataclass(frozen=True)
class Items:
    """A sequence: a list, a tuple, a deque, a range, a `torch.Size`, a named tuple with `names`."""

    kind: str
    items: "tuple[Value, ...]"
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Members:
    """A set or a frozenset; the order of `items` has no meaning."""

    kind: str
    items: "tuple[Value, ...]"


@dataclass(frozen=True)
class Table:
    """A dict, or a subclass of it."""

    kind: str
    pairs: "tuple[tuple[Value, Value], ...]"


@dataclass(frozen=True)
class Fields:
    """An object given by its fields: a dataclass, an enum member, a slice, an array of texts."""

    kind: str
    fields: "tuple[tuple[str, Value], ...]"


@dataclass(frozen=True)
class Word:
    """An object that its type and its text describe fully: a dtype, a device, a fraction."""

    kind: str
    text: str


@dataclass(frozen=True)
class Other:
    """An object that cannot be compared, described in words."""

    text: str


Plain = bool | int | float | complex | str | bytes | None
Value = Tensor | Number | Items | Members | Table | Fields | Word | Other | Plain


def children(path: str, value: Value) -> Iterator[tuple[str, Value]]:
    """Yield the direct parts of a value with their paths; members of a set have no path."""
    match value:
        case Items(items=items, names=names):
            for place, item in enumerate(items):
                yield (f"{path}.{names[place]}" if names else f"{path}[{place}]"), item
        case Table(pairs=pairs):
            for key, item in pairs:
                yield f"{path}[{key_text(key)}]", item
        case Fields(fields=fields):
            for name, item in fields:
                yield f"{path}.{name}", item


def leaves(observed: Mapping[str, Value]) -> dict[str, Value]:
    """Return the leaves of all observations, by path."""
    found: dict[str, Value] = {}
    waiting = list(observed.items())[::-1]
    while waiting:
        path, value = waiting.pop()
        parts = list(children(path, value))
        waiting += parts[::-1]
        if not parts:
            found[path] = value
    return found


def incomparable(path: str, value: Value) -> tuple[str, Other] | None:
    """Return the first part that cannot be compared, with its path; None if there is none."""
    match value:
        case Other():
            return path, value
        case Members(items=items):
            return next((found for item in items if (found := incomparable(path, item))), None)
        case Table(pairs=pairs):
            keys = next((found for key, _ in pairs if (found := incomparable(f"a key of {path}", key))), None)
            if keys:
                return keys
    return next((found for at, part in children(path, value) if (found := incomparable(at, part))), None)


def size(value: Value) -> int:
    """Return the approximate size of a value in bytes."""
    match value:
        case Tensor(array=array):
            return array.nbytes
        case str() | bytes():
            return len(value)
        case Members(items=items):
            return sum(64 + size(item) for item in items)
        case Table(pairs=pairs):
            return sum(128 + size(key) + size(item) for key, item in pairs)
    return sum(64 + size(part) for _, part in children("", value))


def key_text(key: Value) -> str:
    """Return a key as it appears in a path: `"w"`, `1`."""
    return literal(key, 60)


def literal(value: Value, longest: int = LITERAL) -> str:
    """Return a value as Python writes it, cut after `longest` characters."""
    text = ""
    for piece in _pieces(value):
        text += piece
        if len(text) > longest:
            return text[: longest - 1] + "…"
    return text


def _pieces(value: Value) -> Iterator[str]:
    """Yield the text of a value in pieces, so the caller can stop early."""
    match value:
        case str():
            yield json.dumps(value[: 1 << 12], ensure_ascii=not value.isprintable())
        case bytes():
            yield repr(value[: 1 << 12])
        case float():
            yield number(value)
        case Number(value=held):
            yield from _pieces(held)
        case Items(kind=kind, items=items, names=names):
            opened, closed = ("[", "]") if kind == "list" else ("(", ")")
            if kind not in ("list", "tuple"):
                yield kind
            yield opened
            for place, item in enumerate(items):
                yield ", " if place else ""
                yield f"{names[place]}=" if names else ""
                yield from _pieces(item)
            yield f",{closed}" if kind == "tuple" and len(items) == 1 else closed
        case Members(kind=kind, items=items):
            if kind != "set" or not items:
                yield f"{kind}("
            yield "{" if items else ""
            for place, item in enumerate(items):
                yield ", " if place else ""
                yield from _pieces(item)
            yield "}" if items else ""
            if kind != "set" or not items:
                yield ")"
        case Table(pairs=pairs):
            yield "{"
            for place, (key, item) in enumerate(pairs):
                yield ", " if place else ""
                yield from _pieces(key)
                yield ": "
                yield from _pieces(item)
            yield "}"
        case Fields(kind=kind, fields=fields):
            yield f"{kind}("
            for place, (name, item) in enumerate(fields):
                yield f"{', ' if place else ''}{name}="
                yield from _pieces(item)
            yield ")"
        case Word(text=text):
            yield text
        case Tensor() | Other():
            yield describe(value)
        case _:
            yield str(value)


def describe(value: Value) -> str:
    """Return a short description of a value for a sentence."""
    match value:
        case Tensor(dtype, array, numpy):
            words = f"NumPy {dtype} array" if numpy else f"{dtype} tensor"
            return f"a {words} of shape {array.shape}"
        case Other(text):
            return text
        case Items(kind=kind, items=items) if kind != "torch.Size":
            return f"{_a(kind)} of {len(items)}{_types(items)}"
        case Members() | Word() | Number() | Items():
            return literal(value)
        case Table(pairs=pairs):
            keys = ", ".join(key_text(key) for key, _ in pairs[:4])
            more = ", …" if len(pairs) > 4 else ""
            return f"a dict of {len(pairs)}{f' ({keys}{more})' if pairs else ''}"
        case Fields(kind=kind):
            return f"{_a(kind)}: {literal(value)}"
        case str():
            return value if len(value) <= LITERAL and value.isprintable() else literal(value)
    return literal(value)


def _types(items: "tuple[Value, ...]") -> str:
    if not items:
        return ""
    names = ", ".join(type_name(item) for item in items[:4])
    return f" ({names}{', …' if len(items) > 4 else ''})"


def type_name(value: Value) -> str:
    """Return the name of the type of the original object."""
    match value:
        case Tensor(numpy=numpy):
            return "ndarray" if numpy else "Tensor"
        case Number(dtype=dtype):
            return f"numpy.{dtype}"
        case Items(kind=kind) | Members(kind=kind) | Table(kind=kind) | Fields(kind=kind) | Word(kind=kind):
            return kind
        case Other(text):
            return text.partition(" ")[2] or text
        case None:
            return "None"
    return type(value).__name__


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def number(value: float, digits: int = 6) -> str:
    """Return a number with `digits` significant digits; `nan` and `inf` as Python writes them."""
    return f"{value:.{digits}g}" if math.isfinite(value) else str(value)


def first_difference(one: str | bytes, other: str | bytes) -> int:
    """Return the position of the first difference between two texts."""
    low, high = 0, min(len(one), len(other))
    while low < high:  # binary search for the length of the common prefix
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def around(text: str | bytes, place: int) -> str:
    """Return the text around a position, as Python writes it."""
    start, end = max(0, place - _AROUND), place + _AROUND
    part = literal(text[start:end], 8 * _AROUND)
    return f"{'…' if start else ''}{part}{'…' if end < len(text) else ''}"


def entries(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy of an array as float64 or complex128, so integer differences cannot overflow."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
