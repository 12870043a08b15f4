"""What was asked and what was seen, as plain data, and the bytes that carry both.

A message is a JSON header and a payload of raw tensor or file bytes. What comes out of the sandbox
is a stranger's: `Reader` and `parse_answer` check every length, type and name before use, allocate no
more than the cap, and raise `MalformedMessage` for everything else. Nothing is ever unpickled.
"""

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from grader.errors import MalformedMessage
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word

_PREFIX = struct.Struct("<II")
MAX_HEADER = 1 << 20
MAX_NAMES = 256
MAX_TEXT = 4000
MAX_DIMENSIONS = 8
MAX_FRAMES = 40
MAX_DEPTH = 20
"""How deep values may be nested."""
MAX_VALUES = 20_000
"""Values in one answer, those within others included."""
MAX_LETTERS = 1 << 20
"""Bytes of one text."""
MAX_BITS = 14_000
"""Of a whole number: Python writes no number of many more digits."""
MAX_FAILED = 100
_REMEMBERED = 1024
"""Bytes of a header that is remembered: nearly all are shorter, and a stranger's may be made to weigh."""
_REMEMBERED_PAYLOAD = 2048

DTYPES: dict[str, str] = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "|i1",
    "uint8": "|u1",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
    "bool": "|b1",
    "complex64": "<c8",
    "complex128": "<c16",
    # NumPy has none of these: they travel in a wider one that holds all their numbers.
    "bfloat16": "<f4",
    "float8_e4m3fn": "<f4",
    "float8_e4m3fnuz": "<f4",
    "float8_e5m2": "<f4",
    "float8_e5m2fnuz": "<f4",
}
NUMPY = frozenset(name for name, kind in DTYPES.items() if np.dtype(kind).name == name)
"""The dtypes that NumPy has."""


@dataclass(frozen=True)
class Frame:
    """A line that an exception passed through; `file` is relative to the submission."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Raised:
    """An exception. `kinds` are the names of its classes, the exact one first."""

    kinds: tuple[str, ...]
    message: str
    frames: tuple[Frame, ...] = ()
    check_line: int = 0
    """The line of `checks.py` where the student's program was called, 0 outside a check."""


@dataclass(frozen=True)
class Failed:
    """A top-level statement that did not run to its end while a module was imported."""

    file: str
    line: int
    number: int
    """Which statement of its file it is."""
    raised: Raised | None
    """None for one that was not run, because it ended the process before."""
    names: tuple[str, ...]
    """What it would have defined, and nothing else did."""
    older: tuple[str, ...]
    """What it would have defined anew."""


@dataclass(frozen=True)
class Drawn:
    """Something a case gave to a check, in the order it was asked for."""

    how: str
    name: str
    value: Value


@dataclass(frozen=True)
class Answer:
    """What one check saw on one case."""

    check: str
    case: int
    observed: Mapping[str, Value] | None = None
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    """Names of the arguments that were changed in place."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where in a payload the entries of a tensor lie, or the bytes of a text."""

    kind: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    def filled(self, payload: bytes) -> Value:
        """Return the value that lies there."""
        data = payload[self.start : self.end]
        if self.kind == "bytes":
            return data
        if self.kind == "text":
            try:
                return data.decode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise MalformedMessage("a text that is not UTF-8") from error
        if self.dtype == "bool" and data and np.frombuffer(data, np.uint8).max() > 1:
            raise MalformedMessage("a boolean that is neither 0 nor 1")
        array = np.frombuffer(data, DTYPES[self.dtype]).reshape(self.shape)
        return Tensor(self.dtype, array, self.kind == "array")


@dataclass(frozen=True)
class _Whole:
    """A value with parts that lie in a payload."""

    make: Callable[..., Value]
    kind: str
    parts: "tuple[_Unfilled, ...]"
    names: tuple[str, ...] = ()

    def filled(self, payload: bytes) -> Value:
        """Return the value with its parts."""
        parts = tuple(_filled(part, payload) for part in self.parts)
        if self.make is Items:
            return Items(self.kind, parts, self.names)
        if self.make is Table:
            return Table(self.kind, tuple(zip(parts[::2], parts[1::2], strict=True)))
        if self.make is Fields:
            return Fields(self.kind, tuple(zip(self.names, parts, strict=True)))
        return Members(self.kind, parts)


_Unfilled = Value | _Place | _Whole


@dataclass(frozen=True)
class _Header:
    """What a message says beside its payload; many have it in common, as all right answers to a case."""

    data: bytes
    kind: str = field(compare=False)
    fields: Mapping[str, Any] = field(compare=False)

    @cached_property
    def places(self) -> "_Places":
        """The answer that it tells of, but for the entries of the tensors."""
        return _Places(self.fields)


@dataclass(frozen=True)
class Message:
    """One message from the sandbox: its header and its payload."""

    header: _Header
    payload: bytes

    @property
    def kind(self) -> str:
        """What the message is about."""
        return self.header.kind

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the header holds beside the kind; shared, so not to be changed."""
        return self.header.fields


def pack(kind: str, fields: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Return the bytes of one message."""
    header = json.dumps({"kind": kind, **fields}, separators=(",", ":")).encode()
    return _PREFIX.pack(len(header), len(payload)) + header + payload


class Reader:
    """Cuts a stream of bytes into messages and refuses what is too long."""

    def __init__(self, max_message: int) -> None:
        self._max = max_message
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are complete now.

        Raises `MalformedMessage` for a length beyond the cap or a header that is no JSON object.
        """
        self._buffer += data
        while len(self._buffer) >= _PREFIX.size:
            header_size, payload_size = _PREFIX.unpack_from(self._buffer)
            if header_size > MAX_HEADER or header_size + payload_size > self._max:
                raise MalformedMessage(f"a message longer than {self._max} bytes")
            end = _PREFIX.size + header_size + payload_size
            if len(self._buffer) < end:
                return
            header = bytes(self._buffer[_PREFIX.size : _PREFIX.size + header_size])
            payload = bytes(self._buffer[_PREFIX.size + header_size : end])
            del self._buffer[:end]
            yield Message((_known if header_size <= _REMEMBERED else _header)(header), payload)

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer)


def _header(data: bytes) -> _Header:
    try:
        fields = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("a header that is not JSON") from error
    if not isinstance(fields, dict):
        raise MalformedMessage("a header that is not an object")
    return _Header(data, _text(fields.pop("kind", None)), fields)


_known = lru_cache(maxsize=4096)(_header)


def unpack(data: bytes) -> list[Message]:
    """Return all messages of `data`, which must hold whole messages only."""
    reader = Reader(len(data) + 1)
    messages = list(reader.feed(data))
    if reader.waiting:
        raise MalformedMessage("the last message is cut short")
    return messages


def pack_answer(answer: Answer) -> bytes:
    """Return the message that carries `answer`."""
    chunks: list[bytes] = []
    observed = answer.observed
    raised = answer.raised
    fields = {
        "check": answer.check,
        "case": answer.case,
        "observed": None
        if observed is None
        else {name: _pack_value(value, chunks) for name, value in observed.items()},
        "raised": None if raised is None else raised_fields(raised),
        "changed": list(answer.changed),
        "sizes": dict(answer.sizes),
        "drawn": [[d.how, d.name, _pack_value(d.value, chunks)] for d in answer.drawn],
    }
    return pack("answer", fields, b"".join(chunks))


def raised_fields(raised: Raised) -> dict[str, Any]:
    """Return an exception as fields of a header."""
    return {
        "kinds": list(raised.kinds),
        "message": raised.message,
        "frames": [[frame.file, frame.line, frame.function] for frame in raised.frames],
        "check_line": raised.check_line,
    }


def failed_fields(failed: Sequence[Failed]) -> list[list[Any]]:
    """Return statements that failed as a field of a header."""
    return [
        [
            one.file,
            one.line,
            one.number,
            None if one.raised is None else raised_fields(one.raised),
            list(one.names),
            list(one.older),
        ]
        for one in failed[:MAX_FAILED]
    ]


def parse_failed(fields: Any) -> list[Failed]:
    """Return the statements that `failed_fields` describes; raises `MalformedMessage`."""
    found = []
    for item in _sequence(fields, MAX_FAILED):
        file, line, number, raised, names, older = _fixed(item, 6)
        found.append(
            Failed(
                _text(file),
                _integer(line),
                _integer(number),
                None if raised is None else parse_raised(raised),
                tuple(_text(name) for name in _sequence(names, MAX_NAMES)),
                tuple(_text(name) for name in _sequence(older, MAX_NAMES)),
            )
        )
    return found


def _pack_value(value: Value, chunks: list[bytes]) -> list[Any]:
    match value:
        case Tensor(dtype, array, numpy):
            chunks.append(np.ascontiguousarray(array, dtype=DTYPES[dtype]).tobytes())
            return ["array" if numpy else "tensor", dtype, list(array.shape)]
        case Number(dtype, held):
            return ["number", dtype, _pack_value(held, chunks)]
        case Items(kind, items, names):
            return ["items", kind, [_pack_value(item, chunks) for item in items], list(names)]
        case Members(kind, items):
            return ["members", kind, [_pack_value(item, chunks) for item in items]]
        case Table(kind, pairs):
            return ["table", kind, [_pack_value(part, chunks) for pair in pairs for part in pair]]
        case Fields(kind, fields):
            names = tuple(name for name, _ in fields)
            return ["fields", kind, [_pack_value(part, chunks) for _, part in fields], list(names)]
        case Word(kind, text):
            return ["word", kind, text]
        case Other(text):
            return ["other", text]
        case bool():
            return ["bool", value]
        case int():
            return ["int", hex(value)]
        case float():
            return ["float", repr(value)]
        case complex():
            return ["complex", repr(value.real), repr(value.imag)]
        case str():
            chunks.append(value.encode("utf-8", "surrogatepass"))
            return ["text", len(chunks[-1])]
        case bytes():
            chunks.append(value)
            return ["bytes", len(value)]
        case None:
            return ["none"]


def parse_answer(message: Message) -> Answer:
    """Return the answer that a message of kind `answer` carries.

    The same bytes give the same object: in a class most answers were given before. Raises
    `MalformedMessage` where anything in it is not as `pack_answer` writes it.
    """
    header, payload = message.header, message.payload
    small = len(header.data) <= _REMEMBERED and len(payload) <= _REMEMBERED_PAYLOAD
    return (_known_answer if small else _answer)(header, payload)


def _answer(header: _Header, payload: bytes) -> Answer:
    return header.places.answer(payload)


_known_answer = lru_cache(maxsize=8192)(_answer)


class _Places:
    """An answer whose tensors are still to be filled in; everything else of it has been looked at."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._end = 0
        self._left = MAX_VALUES
        observed, raised = fields.get("observed"), fields.get("raised")
        self._observed: dict[str, _Unfilled] | None = None
        if observed is not None:
            observed = _mapping(observed, MAX_NAMES)
            self._observed = {_text(name): self._value(value) for name, value in observed.items()}
        if (observed is None) == (raised is None):
            raise MalformedMessage("an answer holds either observations or an exception")
        self._check = _text(fields.get("check"))
        self._case = _integer(fields.get("case"))
        self._raised = None if raised is None else parse_raised(raised)
        self._changed = tuple(_text(name) for name in _sequence(fields.get("changed"), MAX_NAMES))
        sizes = _mapping(fields.get("sizes"), MAX_NAMES)
        self._sizes = {_text(name): _integer(size) for name, size in sizes.items()}
        drawn = (_fixed(item, 3) for item in _sequence(fields.get("drawn"), MAX_NAMES))
        self._drawn = [(_text(how), _text(name), self._value(value)) for how, name, value in drawn]

    def _value(self, value: Any, depth: int = 0) -> _Unfilled:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise MalformedMessage("too many values, or nested too deep")
        match value:
            case ["tensor", str(dtype), list(shape)] if dtype in DTYPES:
                return self._entries("tensor", dtype, shape)
            case ["array", str(dtype), list(shape)] if dtype in NUMPY:
                return self._entries("array", dtype, shape)
            case ["text" | "bytes" as kind, int(length)]:
                return self._bytes(kind, length)
            case ["items", str(kind), list(parts), list(names)]:
                texts = tuple(_text(name) for name in names)
                if texts and len(texts) != len(parts):
                    raise MalformedMessage("a named tuple without all its names")
                return _Whole(Items, _text(kind), self._parts(parts, depth), texts)
            case ["members", str(kind), list(parts)]:
                return _Whole(Members, _text(kind), self._parts(parts, depth))
            case ["table", str(kind), list(parts)] if len(parts) % 2 == 0:
                return _Whole(Table, _text(kind), self._parts(parts, depth))
            case ["fields", str(kind), list(parts), list(names)] if len(parts) == len(names):
                texts = tuple(_text(name) for name in names)
                return _Whole(Fields, _text(kind), self._parts(parts, depth), texts)
            case ["number", str(dtype), ["bool" | "int" | "float" | "complex", *_] as held] if dtype in NUMPY:
                return Number(dtype, _scalar(held))  # type: ignore[arg-type]
            case ["word", str(kind), str(text)]:
                return Word(_text(kind), _text(text))
        return _scalar(value)

    def _parts(self, parts: list[Any], depth: int) -> tuple[_Unfilled, ...]:
        return tuple(self._value(part, depth + 1) for part in parts)

    def _bytes(self, kind: str, length: Any) -> _Place:
        start = self._end
        if _integer(length) > MAX_LETTERS:
            raise MalformedMessage("a text that is too long")
        self._end += length
        return _Place(kind, "", (), start, self._end)

    def _entries(self, kind: str, dtype: str, shape: Sequence[Any]) -> _Place:
        if len(shape) > MAX_DIMENSIONS:
            raise MalformedMessage("a tensor of too many dimensions")
        count = math.prod(_integer(size) for size in shape)
        # An empty shape with a huge size beside a zero would overflow inside numpy.
        if count == 0 and math.prod(size for size in shape if size) > MAX_HEADER:
            raise MalformedMessage("a tensor of impossible shape")
        start = self._end
        self._end += count * np.dtype(DTYPES[dtype]).itemsize
        return _Place(kind, dtype, tuple(shape), start, self._end)

    def answer(self, payload: bytes) -> Answer:
        """Return the answer with what `payload` holds; raises `MalformedMessage` for another length."""
        if len(payload) < self._end:
            raise MalformedMessage("a tensor longer than its payload")
        if len(payload) > self._end:
            raise MalformedMessage("bytes that belong to no tensor")
        observed = None
        if self._observed is not None:
            observed = {name: _filled(value, payload) for name, value in self._observed.items()}
        return Answer(
            check=self._check,
            case=self._case,
            observed=observed,
            raised=self._raised,
            changed=self._changed,
            sizes=self._sizes,
            drawn=tuple(Drawn(how, name, _filled(value, payload)) for how, name, value in self._drawn),
        )


def _filled(value: _Unfilled, payload: bytes) -> Value:
    return value.filled(payload) if isinstance(value, (_Place, _Whole)) else value


def _scalar(value: Any) -> Value:
    match value:
        case ["other", str(text)]:
            return Other(_text(text))
        case ["bool", bool(flag)]:
            return flag
        case ["int", str(digits)] if len(digits) <= MAX_BITS // 4 + 4:
            return int(_number(lambda text: int(text, 16), digits))
        case ["float", str(digits)] if len(digits) <= 100:
            return float(_number(float, digits))
        case ["complex", str(real), str(imaginary)] if len(real) <= 100 and len(imaginary) <= 100:
            return complex(_number(float, real), _number(float, imaginary))
        case ["none"]:
            return None
    raise MalformedMessage("a value of no known kind")


def parse_raised(fields: Any) -> Raised:
    """Return the exception described by a header's fields; raises `MalformedMessage`."""
    fields = _mapping(fields, 8)
    kinds = tuple(_text(kind) for kind in _sequence(fields.get("kinds"), 64))
    if not kinds:
        raise MalformedMessage("an exception without a class")
    frames = []
    for item in _sequence(fields.get("frames"), MAX_FRAMES):
        file, line, function = _fixed(item, 3)
        frames.append(Frame(_text(file), _integer(line), _text(function)))
    return Raised(kinds, _text(fields.get("message")), tuple(frames), _integer(fields.get("check_line")))


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise MalformedMessage("a text that is missing or too long")
    # Lone surrogates cannot be written to any file or terminal.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        raise MalformedMessage("a count that is missing or out of range")
    return value


def _number(read: Callable[[str], float], digits: str) -> float:
    try:
        return read(digits)
    except ValueError as error:
        raise MalformedMessage("a number that is none") from error


def _sequence(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise MalformedMessage("a list that is missing or too long")
    return value


def _fixed(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise MalformedMessage("a list of the wrong length")
    return value


def _mapping(value: Any, most: int) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > most:
        raise MalformedMessage("an object that is missing or too large")
    return value
