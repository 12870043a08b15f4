"""Conversion of what a check returned into values, and of values back into arguments of `compare=`.

This shares a process with a stranger's program. So a list is read with `list`'s own methods and a dict with
`dict`'s, whatever a subclass overrides. A value that is endless, cyclic or too large becomes a description.
"""

import collections
import dataclasses
import decimal
import enum
import fractions
import re
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word, literal
from grader.wire import DTYPES, MAX_BITS, MAX_DEPTH, MAX_LETTERS, MAX_NAMES, MAX_VALUES, NUMPY

_MAX_TENSOR_BYTES = 8 << 20
_MAX_BYTES = 12 << 20
"""Bytes of all values in one answer; the limit of a message is higher."""
_MAX_HEADER = 900_000
"""Bytes of an answer's header: all that is not a tensor's entries or a text."""
_DTYPES = {getattr(torch, name): name for name in DTYPES if hasattr(torch, name)}
_WORDS = {
    torch.dtype: "torch.dtype",
    torch.device: "torch.device",
    torch.layout: "torch.layout",
    torch.memory_format: "torch.memory_format",
    fractions.Fraction: "Fraction",
    decimal.Decimal: "Decimal",
}
_NAME = type.__dict__["__name__"].__get__  # a metaclass may answer for `__name__`
_ARRAY = "numpy.ndarray"
_LONGEST_NAME = 300
_FRACTION = re.compile(r"-?[0-9]+(/[0-9]+)?")


class _TooLarge(Exception):
    """A value is larger than the limit."""


def observations(returned: Any) -> dict[str, Value]:
    """Return what a check returned, as values by name; `h, c` names the members of a pair.

    Raises `TypeError` for anything but a dict with names as keys.
    """
    if not issubclass(type(returned), dict):
        raise TypeError(f"a check returns a dict of observations, not {kind(returned)}")
    look = _Look()
    found: dict[str, Value] = {}

    def add(name: str, value: Any) -> None:
        if len(name) > _LONGEST_NAME:
            raise TypeError(f"a check returns an observation whose name is {len(name)} characters long")
        if name in found:
            raise TypeError(f"a check returns two observations that are called {name!r}")
        found[name] = look.whole(value)

    for key, value in dict.items(returned):
        if not issubclass(type(key), str):
            raise TypeError(f"a check returns observations by name; {kind(key)} is no name")
        text = str.__str__(key)
        names = [name.strip() for name in text.split(",")]
        members = _members(value)
        if len(names) == 1:
            add(names[0], value)
        elif members is not None and len(members) == len(names):
            for name, item in zip(names, members, strict=True):
                add(name, item)
        else:
            add(text, value)
    if len(found) > MAX_NAMES:
        raise TypeError(f"more than {MAX_NAMES} values were returned")
    return found


def observation(value: Any) -> Value:
    """Return one value."""
    return _Look().whole(value)


def kind(value: Any) -> str:
    """Describe something by its type: `a Tensor of shape (2, 3)`, `a list of 3`."""
    if issubclass(type(value), torch.Tensor):
        with torch._C.DisableTorchFunctionSubclass():
            return f"a Tensor of shape {tuple(value.shape)}"
    if value is None:
        return "None"
    members = _members(value)
    name = _NAME(type(value))[:100]
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return f"{article} {name}" if members is None else f"{article} {name} of {len(members)}"


def _members(value: Any) -> tuple[Any, ...] | None:
    """Return the members of a list or a tuple, None for anything else."""
    for base in (list, tuple):
        if issubclass(type(value), base):
            return tuple(base.__iter__(value))
    return None


class _Look:
    """Converts the values of one answer, up to the size of a message."""

    def __init__(self) -> None:
        self._values = MAX_VALUES
        self._header = _MAX_HEADER
        self._bytes = _MAX_BYTES
        self._within: set[int] = set()

    def whole(self, value: Any) -> Value:
        """Return one observation, or a description if it is too large."""
        before = self._values, self._header, self._bytes
        try:
            return self._value(value)
        except _TooLarge:
            self._values, self._header, self._bytes = before
            return Other(f"{kind(value)}, with more in it than can be compared")
        finally:
            self._within.clear()

    def _take(self, header: int, data: int = 0) -> None:
        self._values -= 1
        self._header -= header
        self._bytes -= data
        if min(self._values, self._header, self._bytes) < 2 * MAX_NAMES:  # room for a description of each
            raise _TooLarge

    def _value(self, value: Any) -> Value:
        self._take(48)
        made = type(value)
        if value is None or value is True or value is False:
            return value
        if issubclass(made, torch.Tensor):
            return self._tensor(value)
        if issubclass(made, (str, bytes, bytearray)):
            return self._text(value)
        if issubclass(made, enum.Enum):
            member = object.__getattribute__(value, "_name_"), object.__getattribute__(value, "_value_")
            return self._within_it(value, lambda: self._fields(_NAME(made), zip(("name", "value"), member)))  # noqa: B905
        if issubclass(made, np.generic):
            return self._scalar(value)
        if issubclass(made, int):
            return self._int(int.__int__(value))
        if issubclass(made, float):
            return float.__float__(value)
        if issubclass(made, complex):
            return complex.__complex__(value)
        if issubclass(made, np.ndarray):
            return self._array(value)
        for base, name in _WORDS.items():
            if made is base:
                return Word(name, str(value))
        if issubclass(made, np.dtype):
            return Word("numpy.dtype", str(value))
        if made is slice:
            parts = [("start", value.start), ("stop", value.stop), ("step", value.step)]
            return self._within_it(value, lambda: self._fields("slice", parts))
        return self._within_it(value, lambda: self._parts(value))

    def _within_it(self, value: Any, read: Any) -> Value:
        if id(value) in self._within:
            return Other(f"{kind(value)} that contains itself")
        if len(self._within) >= MAX_DEPTH - 1:
            return Other(f"{kind(value)}, nested more than {MAX_DEPTH - 1} deep")
        self._within.add(id(value))
        found: Value = read()
        self._within.discard(id(value))
        return found

    def _parts(self, value: Any) -> Value:
        made, name = type(value), _NAME(type(value))[:100]
        for base in (list, tuple, collections.deque, range):
            if issubclass(made, base):
                named = _names(made) if base is tuple else ()
                items = self._all(base.__iter__(value))
                kind_of = "torch.Size" if made is torch.Size else "list" if base is list else name
                return Items(kind_of, items, named if len(named) == len(items) else ())
        if issubclass(made, dict):
            pairs = [part for pair in dict.items(value) for part in pair]
            found = self._all(pairs)
            return Table(name, tuple(zip(found[::2], found[1::2], strict=True)))
        for unordered in (set, frozenset):
            if issubclass(made, unordered):
                # Sorted, since hashes differ from run to run: the same set must give the same bytes.
                items = self._all(unordered.__iter__(value))
                return Members(name, tuple(sorted(items, key=lambda item: literal(item, 1000))))
        if dataclasses.is_dataclass(made):
            fields = [str.__str__(field) for field in vars(made).get("__dataclass_fields__", ())]
            return self._fields(name, [(field, object.__getattribute__(value, field)) for field in fields])
        return Other(kind(value))

    def _all(self, items: Iterable[Any]) -> tuple[Value, ...]:
        return tuple(self._value(item) for item in items)

    def _fields(self, name: str, fields: Iterable[tuple[str, Any]]) -> Fields:
        found = []
        for field, value in fields:
            self._take(48 + len(field))
            found.append((field[:100], self._value(value)))
        return Fields(name[:100], tuple(found))

    def _text(self, value: str | bytes | bytearray) -> Value:
        text: str | bytes
        if issubclass(type(value), str):
            text = str.__str__(value)
            length = len(text.encode("utf-8", "surrogatepass")) if len(text) <= MAX_LETTERS else len(text)
        else:
            text = bytes(memoryview(value))  # type: ignore[arg-type]
            length = len(text)
        if length > MAX_LETTERS:
            return Other(f"{kind(value)} of {length} bytes, too long to be compared")
        self._take(16, length)
        return text

    def _int(self, number: int) -> Value:
        bits = number.bit_length()
        if bits > MAX_BITS:
            return Other(f"an int of {bits} bits, too large to be compared")
        self._take(bits // 4)
        return number

    def _scalar(self, value: Any) -> Value:
        dtype = value.dtype
        if isinstance(value, np.void) and dtype.names:
            return self._within_it(value, lambda: self._record(value))
        if dtype.kind in "mM":
            return Word(f"numpy.{dtype.name}", str(value))
        if dtype.name not in NUMPY:
            return Other(kind(value))
        return Number(dtype.name, value.item())

    def _record(self, value: Any) -> Fields:
        return self._fields("record", [(name, value[name]) for name in value.dtype.names])

    def _array(self, value: Any) -> Value:
        masked = sys.modules.get("numpy.ma")
        if masked is not None and issubclass(type(value), masked.MaskedArray):
            return Other(kind(value))  # some of its entries are none
        array = np.ndarray.view(value, np.ndarray)
        dtype = array.dtype
        if dtype.kind in "biufc":
            name = dtype.newbyteorder("=").name
            if name not in NUMPY:
                return Other(f"a NumPy array of dtype {name}")
            return self._entries(name, array, numpy=True)
        names = {"U": "str", "S": "bytes", "O": "object", "M": dtype.name, "m": dtype.name, "V": "record"}
        if dtype.kind not in names or (dtype.kind == "V" and not dtype.names):
            return Other(f"a NumPy array of dtype {dtype.name[:100]}")
        flat = array.ravel()
        if dtype.kind in "Mm":
            flat = flat.astype(str)
        if flat.size > MAX_VALUES:
            raise _TooLarge
        items = list(flat) if dtype.kind == "V" else flat.tolist()
        parts = [("dtype", names[dtype.kind]), ("shape", array.shape), ("entries", items)]
        return self._within_it(value, lambda: self._fields(_ARRAY, parts))

    def _entries(self, dtype: str, array: Any, numpy: bool) -> Value:
        if array.nbytes > _MAX_TENSOR_BYTES or array.ndim > 8:
            words = "NumPy array" if numpy else "tensor"
            return Other(f"a {words} of shape {array.shape}, too large to look at")
        self._take(48, array.nbytes)
        return Tensor(dtype, array, numpy)

    def _tensor(self, value: torch.Tensor) -> Value:
        # A subclass can override the methods of its base; the entries that it really holds count.
        with torch._C.DisableTorchFunctionSubclass():
            if value.layout != torch.strided or value.is_quantized or value.device.type != "cpu":
                quantized = "quantized " if value.is_quantized else ""
                return Other(f"a {quantized}{value.layout} tensor on {value.device}".replace("torch.", ""))
            if value.is_nested:
                return Other("a nested tensor")
            if value.numel() * value.element_size() > _MAX_TENSOR_BYTES:
                return Other(f"a tensor of shape {tuple(value.shape)}, too large to look at")
            value = value.detach().resolve_conj().resolve_neg()
            if value.dtype not in _DTYPES:
                return Other(f"a tensor of dtype {str(value.dtype).removeprefix('torch.')}")
            name = _DTYPES[value.dtype]
            if name not in NUMPY:
                value = value.to(torch.float32)
            return self._entries(name, value.numpy(), numpy=False)


def _names(made: type) -> tuple[str, ...]:
    """Return the field names of a named tuple, none for any other tuple."""
    for base in type.mro(made):
        fields = vars(base).get("_fields")
        if type(fields) is tuple and all(type(field) is str and len(field) <= 100 for field in fields):
            return fields
    return ()


class _Fields(types.SimpleNamespace):
    """Stands for an object that was sent as its fields; it can be the key of a dict."""

    def __hash__(self) -> int:  # type: ignore[override]
        return len(vars(self))


def restored(observed: Mapping[str, Value]) -> dict[str, Any]:
    """Return what a check returned: tensors, lists and dicts as they were.

    A dataclass becomes an object with the same attributes, a subclass what it is a subclass of. Raises any
    exception for a value that is not of the type that it claims.
    """
    return {name: _restored(value) for name, value in observed.items()}


def _restored(value: Value) -> Any:
    match value:
        case Tensor(_, array, True):
            return array.copy()
        case Tensor(dtype, array):
            return torch.from_numpy(array.copy()).to(getattr(torch, dtype))
        case Number(dtype, held):
            return np.dtype(dtype).type(held)
        case Items(kind_of, items, names):
            return _sequence(kind_of, [_restored(item) for item in items], names)
        case Members(kind_of, items):
            found = [_restored(item) for item in items]
            return frozenset(found) if kind_of == "frozenset" else set(found)
        case Table(pairs=pairs):
            return {_restored(key): _restored(item) for key, item in pairs}
        case Fields(kind_of, fields):
            parts = {name: _restored(part) for name, part in fields}
            if kind_of == _ARRAY and parts.keys() == {"dtype", "shape", "entries"}:
                entries: dict[str, Any] = {"str": str, "bytes": bytes}
                whole = np.array(parts["entries"], entries.get(parts["dtype"], object))
                return whole.reshape(parts["shape"])
            return slice(*parts.values()) if kind_of == "slice" else _Fields(**parts)
        case Word(kind_of, text):
            return _of_a_word(kind_of, text)
        case Other(text):
            return text
    return value


def _sequence(kind_of: str, items: list[Any], names: tuple[str, ...]) -> Any:
    if names:
        return collections.namedtuple("Named", names, rename=True)(*items)
    match kind_of:
        case "list":
            return items
        case "deque":
            return collections.deque(items)
        case "torch.Size":
            return torch.Size(items)
    return tuple(items)


def _of_a_word(kind_of: str, text: str) -> Any:
    match kind_of:
        case "torch.dtype" | "torch.layout" | "torch.memory_format":
            return getattr(torch, text.removeprefix("torch."), text)
        case "torch.device":
            return torch.device(text)
        case "numpy.dtype":
            return np.dtype(text)
        case "Fraction":
            if not _FRACTION.fullmatch(text):  # Python reads `1e1000000000` too, which takes hours
                raise ValueError(f"{text!r} is not how a fraction is written")
            return fractions.Fraction(text)
        case "Decimal":
            return decimal.Decimal(text)
    return text
