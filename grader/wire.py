"""The wire format: message framing, and the codec of answers.

A message is a JSON header and a payload of raw tensor or file bytes. Bytes from the sandbox come from a
stranger: `Reader` and `parse_answer` check every length, type and name before use, allocate no more than the
limit, and raise `MalformedMessage` for everything else. Nothing is ever unpickled.
"""

import json
import math
import struct
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct
from msgspec.json import Decoder

from grader.errors import MalformedMessage
from grader.values import Fields, Items, Members, Number, Other, Table, Tensor, Value, Word

_T = TypeVar("_T")
_PREFIX = struct.Struct("<II")  # bytes of the header, bytes of the payload
MAX_HEADER = 1 << 20  # bytes
MAX_NAMES = 256  # entries of a list or an object
MAX_TEXT = 4000  # characters of a name or a message
MAX_DIMENSIONS = 8
MAX_FRAMES = 40  # lines of a traceback
MAX_DEPTH = 20
"""Levels of nested values."""
MAX_VALUES = 20_000
"""Values in one answer, nested ones included."""
MAX_LETTERS = 1 << 20
"""Bytes of one text or bytes value."""
MAX_BITS = 14_000
"""Bits of an integer: Python refuses to print one with more than 4300 digits."""
MAX_FAILED = 100  # statements that failed during one import
MAX_PART = 160
"""Characters of the part of a line that raised."""
MAX_HELD = 6
"""Names in it whose values are described."""
MAX_NAME = 60
"""Characters of such a name, and of a dtype."""
_CACHED_HEADER = 1024
"""Bytes of the longest header whose answer is cached: nearly all are shorter."""
_CACHED_PAYLOAD = 2048  # bytes

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
    # NumPy lacks these. They are sent in a wider dtype that holds all their numbers.
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
    """A line of a traceback; `file` is relative to the submission."""

    file: str
    line: int
    function: str


HELD = ("tensor", "array", "None", "bool", "int", "float", "str", "tuple", "list", "dict")
"""What a name may have held when an exception was raised."""


@dataclass(frozen=True)
class Held:
    """What a name held when an exception was raised: its kind, one of `HELD`, and no numbers."""

    name: str
    kind: str
    shape: tuple[int, ...] = ()
    """Of a tuple, list or dict its length alone."""
    dtype: str = ""
    """Of a tensor or array."""


@dataclass(frozen=True)
class Blamed:
    """The part of a student's line that raised, and what its names held."""

    part: str
    held: tuple[Held, ...] = ()


@dataclass(frozen=True)
class Raised:
    """An exception. `kinds` are the names of its class and base classes, its own first."""

    kinds: tuple[str, ...]
    message: str
    frames: tuple[Frame, ...] = ()
    check_line: int = 0
    """The line of `checks.py` where the student's program was called, 0 outside a check."""
    blamed: Blamed | None = None
    """In the line of the last frame, None if it is not known."""


@dataclass(frozen=True)
class Failed:
    """A top-level statement that failed, or was skipped, while a module was imported."""

    file: str
    line: int
    number: int
    """Its position among the statements of its file, from 0."""
    raised: Raised | None
    """None if it was skipped, because it had ended an earlier process."""
    names: tuple[str, ...]
    """Names that it would have defined and that are missing now."""
    older: tuple[str, ...]
    """Names that keep an older definition."""


@dataclass(frozen=True)
class Drawn:
    """A value that a case gave to a check; `how` is the method that was called."""

    how: str
    name: str
    value: Value


@dataclass(frozen=True)
class Answer:
    """What one check returned on one case, or the exception."""

    check: str
    case: int
    observed: Mapping[str, Value] | None = None
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    """Names of the arguments that the module changed in place."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class WireMessage:
    """One message: its JSON header and its payload."""

    header: bytes
    payload: bytes

    @cached_property
    def kind(self) -> str:
        """What the message is about. Raises `MalformedMessage` for a header that does not say it."""
        return _decoded(_KIND, self.header).kind

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What the header holds besides the kind. The sandbox may have written it: check before use."""
        try:
            header = json.loads(self.header)
        except (ValueError, RecursionError) as error:
            raise MalformedMessage("a header that is not JSON") from error
        return {name: value for name, value in header.items() if name != "kind"}


def pack(kind: str, fields: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Return the bytes of one message."""
    return _framed(json.dumps({"kind": kind, **fields}, separators=(",", ":")).encode(), payload)


def _framed(header: bytes, payload: bytes) -> bytes:
    return _PREFIX.pack(len(header), len(payload)) + header + payload


class Reader:
    """Cuts a stream of bytes into messages and refuses those that are too long."""

    def __init__(self, max_message: int) -> None:
        self._max = max_message
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[WireMessage]:
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
            message = WireMessage(header, payload)
            _ = message.kind  # refuse a malformed header here, before anyone uses the message
            yield message

    @property
    def waiting(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer)


def unpack(data: bytes) -> list[WireMessage]:
    """Return all messages of `data`. Raises `MalformedMessage` if the last one is cut short."""
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
        "kind": "answer",
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
    # The decoder refuses lone surrogates, and an exception's message may hold some: they become "?".
    header = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    return _framed(header, b"".join(chunks))


def raised_fields(raised: Raised) -> dict[str, Any]:
    """Return the header fields of an exception."""
    return {
        "kinds": list(raised.kinds),
        "message": raised.message,
        "frames": [[frame.file, frame.line, frame.function] for frame in raised.frames],
        "check_line": raised.check_line,
        "blamed": raised.blamed
        and [
            raised.blamed.part,
            [[one.name, one.kind, list(one.shape), one.dtype] for one in raised.blamed.held],
        ],
    }


def failed_fields(failed: Sequence[Failed]) -> list[list[Any]]:
    """Return the header field of statements that failed."""
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
    return [
        Failed(
            _without_surrogates(one.file),
            one.line,
            one.number,
            None if one.raised is None else _raised(one.raised),
            tuple(map(_without_surrogates, one.names)),
            tuple(map(_without_surrogates, one.older)),
        )
        for one in _converted(fields, _FailedStatements)
    ]


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
    return ["none"]


# What a header may hold. msgspec checks types, lengths and ranges while it decodes, and refuses the rest.

_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Texts = Annotated[list[_Text], Meta(max_length=MAX_NAMES)]
_Count = Annotated[int, Meta(ge=0, lt=1 << 53)]
_Length = Annotated[int, Meta(ge=0, le=MAX_LETTERS)]
_Shape = Annotated[list[_Count], Meta(max_length=MAX_DIMENSIONS)]
_Whole = Annotated[str, Meta(max_length=MAX_BITS // 4 + 4)]
_Float = Annotated[str, Meta(max_length=100)]


class _Kind(Struct):
    """A header of which only the kind counts."""

    kind: _Text


class _Record(Struct, array_like=True, forbid_unknown_fields=True):
    """A JSON list whose first entry is the tag, if there is one, and whose other entries are fields."""


class _Tensor(_Record, tag="tensor"):
    dtype: _Text
    shape: _Shape


class _Array(_Record, tag="array"):
    dtype: _Text
    shape: _Shape


class _LongText(_Record, tag="text"):
    length: _Length


class _Bytes(_Record, tag="bytes"):
    length: _Length


class _Items(_Record, tag="items"):
    kind: _Text
    parts: "list[_Header]"
    names: list[_Text]


class _Members(_Record, tag="members"):
    kind: _Text
    parts: "list[_Header]"


class _Table(_Record, tag="table"):
    kind: _Text
    parts: "list[_Header]"


class _Fields(_Record, tag="fields"):
    kind: _Text
    parts: "list[_Header]"
    names: list[_Text]


class _Bool(_Record, tag="bool"):
    value: bool


class _Int(_Record, tag="int"):
    hexadecimal: _Whole


class _FloatNumber(_Record, tag="float"):
    digits: _Float


class _Complex(_Record, tag="complex"):
    real: _Float
    imaginary: _Float


class _Number(_Record, tag="number"):
    dtype: _Text
    held: _Bool | _Int | _FloatNumber | _Complex


class _Word(_Record, tag="word"):
    kind: _Text
    text: _Text


class _Other(_Record, tag="other"):
    text: _Text


class _None(_Record, tag="none"):
    pass


_Header = (
    _Tensor
    | _Array
    | _LongText
    | _Bytes
    | _Items
    | _Members
    | _Table
    | _Fields
    | _Bool
    | _Int
    | _FloatNumber
    | _Complex
    | _Number
    | _Word
    | _Other
    | _None
)
"""A value, but for its bytes: they lie in the payload, in the order in which values need them."""


class _FrameRecord(_Record):
    file: _Text
    line: _Count
    function: _Text


_Name = Annotated[str, Meta(max_length=MAX_NAME)]


class _HeldRecord(_Record):
    name: _Name
    kind: Literal[*HELD]  # type: ignore[valid-type]
    shape: _Shape
    dtype: _Name


class _BlamedRecord(_Record):
    part: Annotated[str, Meta(max_length=MAX_PART)]
    held: Annotated[list[_HeldRecord], Meta(max_length=MAX_HELD)]


class _RaisedRecord(Struct, forbid_unknown_fields=True):
    kinds: Annotated[list[_Text], Meta(min_length=1, max_length=64)]
    message: _Text
    frames: Annotated[list[_FrameRecord], Meta(max_length=MAX_FRAMES)]
    check_line: _Count
    blamed: _BlamedRecord | None = None


class _FailedRecord(_Record):
    file: _Text
    line: _Count
    number: _Count
    raised: _RaisedRecord | None
    names: _Texts
    older: _Texts


class _DrawnRecord(_Record):
    how: _Text
    name: _Text
    value: _Header


class _AnswerRecord(Struct, tag_field="kind", tag="answer", forbid_unknown_fields=True):
    check: _Text
    case: _Count
    observed: Annotated[dict[_Text, _Header], Meta(max_length=MAX_NAMES)] | None
    raised: _RaisedRecord | None
    changed: _Texts
    sizes: Annotated[dict[_Text, _Count], Meta(max_length=MAX_NAMES)]
    drawn: Annotated[list[_DrawnRecord], Meta(max_length=MAX_NAMES)]


_FailedStatements = Annotated[list[_FailedRecord], Meta(max_length=MAX_FAILED)]
_KIND = Decoder(_Kind)
_ANSWER = Decoder(_AnswerRecord)


def parse_answer(message: WireMessage) -> Answer:
    """Return the answer that a message of kind `answer` carries.

    Raises `MalformedMessage` if anything in it is not as `pack_answer` writes it.
    """
    # In a class, most answers equal one that was decoded before. Long ones could fill the memory.
    short = len(message.header) <= _CACHED_HEADER and len(message.payload) <= _CACHED_PAYLOAD
    return (_cached_answer if short else _answer)(message)


def _answer(message: WireMessage) -> Answer:
    found = _decoded(_ANSWER, message.header)
    if (found.observed is None) == (found.raised is None):
        raise MalformedMessage("an answer holds either observations or an exception")
    values = _Values(message.payload)
    observed = None
    if found.observed is not None:
        observed = {name: values.read(header) for name, header in found.observed.items()}
    drawn = tuple(Drawn(one.how, one.name, values.read(one.value)) for one in found.drawn)
    values.end()
    return Answer(
        check=found.check,
        case=found.case,
        observed=observed,
        raised=None if found.raised is None else _raised(found.raised),
        changed=tuple(found.changed),
        sizes=found.sizes,
        drawn=drawn,
    )


def parse_raised(fields: Any) -> Raised:
    """Return the exception described by a header's fields; raises `MalformedMessage`."""
    return _raised(_converted(fields, _RaisedRecord))


_cached_answer = lru_cache(maxsize=8192)(_answer)


class _Values:
    """Makes values from their headers and the bytes of one payload, from its beginning to its end."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0
        self._left = MAX_VALUES

    def read(self, header: _Header, depth: int = 0) -> Value:
        """Return the next value. Raises `MalformedMessage`."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise MalformedMessage("too many values, or nested too deep")
        match header:
            case _Tensor(dtype, shape):
                return Tensor(dtype, self._entries(_one_of(DTYPES, dtype), shape))
            case _Array(dtype, shape):
                return Tensor(dtype, self._entries(_one_of(NUMPY, dtype), shape), numpy=True)
            case _LongText(length):
                return str(_read(lambda data: data.decode("utf-8", "surrogatepass"), self._bytes(length)))
            case _Bytes(length):
                return self._bytes(length)
            case _Items(kind, parts, names):
                if names and len(names) != len(parts):
                    raise MalformedMessage("a named tuple without all its names")
                return Items(kind, self._parts(parts, depth), tuple(names))
            case _Members(kind, parts):
                return Members(kind, self._parts(parts, depth))
            case _Table(kind, parts):
                if len(parts) % 2:
                    raise MalformedMessage("a key without a value")
                keys_and_values = self._parts(parts, depth)
                return Table(kind, tuple(zip(keys_and_values[::2], keys_and_values[1::2], strict=True)))
            case _Fields(kind, parts, names):
                if len(names) != len(parts):
                    raise MalformedMessage("fields without all their names")
                return Fields(kind, tuple(zip(names, self._parts(parts, depth), strict=True)))
            case _Number(dtype, held):
                return Number(_one_of(NUMPY, dtype), self.read(held))  # type: ignore[arg-type]
            case _Bool(value):
                return value
            case _Int(hexadecimal):
                return int(_read(lambda text: int(text, 16), hexadecimal))
            case _FloatNumber(digits):
                return float(_read(float, digits))
            case _Complex(real, imaginary):
                return complex(_read(float, real), _read(float, imaginary))
            case _Word(kind, text):
                return Word(kind, text)
            case _Other(text):
                return Other(text)
        return None  # the only kind left is `_None`

    def end(self) -> None:
        """Raise `MalformedMessage` if bytes are left over."""
        if self._at != len(self._payload):
            raise MalformedMessage("bytes that belong to no tensor")

    def _parts(self, parts: "list[_Header]", depth: int) -> tuple[Value, ...]:
        return tuple(self.read(part, depth + 1) for part in parts)

    def _bytes(self, length: int) -> bytes:
        start, self._at = self._at, self._at + length
        if self._at > len(self._payload):
            raise MalformedMessage("a tensor longer than its payload")
        return self._payload[start : self._at]

    def _entries(self, dtype: str, shape: Sequence[int]) -> np.ndarray[Any, Any]:
        count = math.prod(shape)
        # An empty shape with a huge size beside a zero would overflow inside numpy.
        if count == 0 and math.prod(size for size in shape if size) > MAX_HEADER:
            raise MalformedMessage("a tensor of impossible shape")
        data = self._bytes(count * np.dtype(DTYPES[dtype]).itemsize)
        # NumPy takes any byte for a boolean; comparisons of others give anything.
        if dtype == "bool" and data and np.frombuffer(data, np.uint8).max() > 1:
            raise MalformedMessage("a boolean that is neither 0 nor 1")
        return np.frombuffer(data, DTYPES[dtype]).reshape(shape)


def _raised(record: _RaisedRecord) -> Raised:
    return Raised(
        tuple(map(_without_surrogates, record.kinds)),
        _without_surrogates(record.message),
        tuple(
            Frame(_without_surrogates(one.file), one.line, _without_surrogates(one.function))
            for one in record.frames
        ),
        record.check_line,
        None if record.blamed is None else _blamed(record.blamed),
    )


def _blamed(record: _BlamedRecord) -> Blamed:
    held = (
        Held(_without_surrogates(one.name), one.kind, tuple(one.shape), _without_surrogates(one.dtype))
        for one in record.held
    )
    return Blamed(_without_surrogates(record.part), tuple(held))


def _without_surrogates(text: str) -> str:
    """Return `text` without lone surrogates: they cannot be written to any file or terminal."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _read(read: Callable[[Any], Any], written: str | bytes) -> Any:
    try:
        return read(written)
    except ValueError as error:
        raise MalformedMessage("a number that is not one, or a text that is not UTF-8") from error


def _one_of(dtypes: Container[str], dtype: str) -> str:
    if dtype not in dtypes:
        raise MalformedMessage("a dtype that is not known")
    return dtype


def _decoded(decoder: Decoder[_T], header: bytes) -> _T:
    try:
        return decoder.decode(header)
    # A string that is not UTF-8 is a UnicodeDecodeError.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"a header that is not as agreed: {error}") from error


def _converted(fields: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise MalformedMessage(f"a header that is not as agreed: {error}") from error
