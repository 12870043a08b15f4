"""The wire format: what is packed comes back, and nothing else gets in."""

import json
import math
import struct
import tracemalloc
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from generated_values import texts, values
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import MalformedMessage
from grader.values import Tensor, Value, Word
from grader.wire import (
    HELD,
    MAX_DEPTH,
    MAX_DIMENSIONS,
    MAX_FAILED,
    MAX_FRAMES,
    MAX_HEADER,
    MAX_HELD,
    MAX_LETTERS,
    MAX_NAME,
    MAX_NAMES,
    MAX_PART,
    MAX_TEXT,
    MAX_VALUES,
    Answer,
    Blamed,
    Drawn,
    Failed,
    Frame,
    Held,
    Raised,
    Reader,
    WireMessage,
    failed_fields,
    pack,
    pack_answer,
    parse_answer,
    parse_failed,
    parse_raised,
    unpack,
)

CAP = 1 << 16

counts = st.integers(0, (1 << 53) - 1)


frames = st.builds(Frame, texts, counts, texts)
held = st.builds(
    Held,
    texts,
    st.sampled_from(HELD),
    st.lists(counts, max_size=MAX_DIMENSIONS).map(tuple),
    texts,
)
blames = st.builds(Blamed, texts, st.lists(held, max_size=MAX_HELD).map(tuple))
exceptions = st.builds(
    Raised,
    st.lists(texts, min_size=1, max_size=4).map(tuple),
    texts,
    st.lists(frames, max_size=4).map(tuple),
    counts,
    st.none() | blames,
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    observed = draw(st.none() | st.dictionaries(texts, values, max_size=5))
    return Answer(
        check=draw(texts),
        case=draw(counts),
        observed=observed,
        raised=draw(exceptions) if observed is None else None,
        changed=tuple(draw(st.lists(texts, max_size=3))),
        sizes=draw(st.dictionaries(texts, counts, max_size=3)),
        drawn=tuple(draw(st.lists(st.builds(Drawn, texts, texts, values), max_size=3))),
    )


def plain(value: Value) -> Any:
    """Return something that compares by bits: a NaN equals itself, 0.0 differs from -0.0."""
    if isinstance(value, Tensor):
        array = value.array
        return (value.dtype, value.numpy, str(array.dtype), array.shape, array.tobytes())
    if is_dataclass(value):
        return (type(value), [plain(getattr(value, part.name)) for part in dataclass_fields(value)])
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return (type(value).__name__, repr(value))


def comparable(answer: Answer) -> Any:
    observed = answer.observed
    return (
        replace(answer, observed=None, drawn=()),
        None if observed is None else [(name, plain(value)) for name, value in observed.items()],
        [(drawn.how, drawn.name, plain(drawn.value)) for drawn in answer.drawn],
    )


def fields(**changes: Any) -> dict[str, Any]:
    """Return the fields of an answer that is accepted, with some of them replaced."""
    return {
        "check": "step",
        "case": 0,
        "observed": {"h": ["none"]},
        "raised": None,
        "changed": [],
        "sizes": {},
        "drawn": [],
    } | changes


def answer_of(payload: bytes = b"", **changes: Any) -> Answer:
    (message,) = unpack(pack("answer", fields(**changes), payload))
    return parse_answer(message)


def framed(header: bytes, payload: bytes = b"") -> bytes:
    return struct.pack("<II", len(header), len(payload)) + header + payload


def heard(data: bytes) -> list[WireMessage]:
    return list(Reader(CAP).feed(data))


@settings(deadline=None)
@given(answers())
def test_an_answer_comes_back_as_it_was_packed(answer: Answer) -> None:
    (message,) = unpack(pack_answer(answer))

    assert comparable(parse_answer(message)) == comparable(answer)


@settings(deadline=None)
@given(st.lists(answers(), max_size=3), st.integers(1, 50))
def test_messages_come_back_however_the_stream_is_cut(sent: list[Answer], piece: int) -> None:
    stream = b"".join(map(pack_answer, sent))
    reader = Reader(len(stream) + 1)
    found = [m for at in range(0, len(stream), piece) for m in reader.feed(stream[at : at + piece])]

    assert [comparable(parse_answer(message)) for message in found] == [comparable(a) for a in sent]


def test_a_tensor_that_is_not_contiguous_comes_back() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    (message,) = unpack(pack_answer(Answer("step", 0, {"h": Tensor("float64", array)})))
    found = (parse_answer(message).observed or {})["h"]

    assert isinstance(found, Tensor) and found.array.tolist() == array.tolist()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_messages_or_malformed(data: bytes) -> None:
    try:
        found = heard(data)
    except MalformedMessage:
        return

    assert [type(message) for message in found] == [WireMessage] * len(found)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(fields())), json_like, st.binary(max_size=40))
def test_any_json_in_place_of_a_field_is_an_answer_or_malformed(
    name: str, value: Any, payload: bytes
) -> None:
    try:
        found = answer_of(payload, **{name: value})
    except MalformedMessage:
        return

    assert isinstance(found, Answer)


@settings(deadline=None)
@given(json_like)
def test_any_json_is_an_exception_or_malformed(value: Any) -> None:
    try:
        found = parse_raised(value)
    except MalformedMessage:
        return

    assert isinstance(found, Raised)


@settings(deadline=None, max_examples=300)
@given(answers(), st.data())
def test_a_damaged_message_is_an_answer_or_malformed(answer: Answer, data: st.DataObject) -> None:
    frame = bytearray(pack_answer(answer))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        frame = frame or bytearray(b"\0")
    try:
        found = [parse_answer(message) for message in heard(bytes(frame))]
    except MalformedMessage:
        return

    assert [type(one) for one in found] == [Answer] * len(found)


@pytest.mark.parametrize(
    "sizes", [(MAX_HEADER + 1, 0), (0, CAP + 1), (1 << 31, 1 << 31), (0xFFFFFFFF, 0xFFFFFFFF), (2, CAP)]
)
def test_a_length_beyond_the_cap_is_refused_before_its_bytes_arrive(sizes: tuple[int, int]) -> None:
    with pytest.raises(MalformedMessage, match="longer than"):
        heard(struct.pack("<II", *sizes))


def test_a_large_declared_length_allocates_nothing() -> None:
    tracemalloc.start()
    reader = Reader(1 << 30)
    found = list(reader.feed(struct.pack("<II", 1 << 20, 1 << 29)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found, reader.waiting, peak < 1 << 16) == ([], True, True)


def test_a_large_declared_tensor_allocates_nothing() -> None:
    tracemalloc.start()
    with pytest.raises(MalformedMessage, match="longer than its payload"):
        answer_of(observed={"h": ["tensor", "float64", [1 << 20, 1 << 20]]})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1 << 20


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"\xff\xfe",
        b'{"kind": "end"} x',
        b"[" * 200_000,
        b'{"kind":' * 20_000,
        b'{"kind": "end", "n": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_header_that_is_no_json_object_is_refused(header: bytes) -> None:
    with pytest.raises(MalformedMessage):
        _ = [message.fields for message in Reader(1 << 20).feed(framed(header))]


@pytest.mark.parametrize("kind", [b"{}", b'{"kind": null}', b'{"kind": 1}', b'{"kind": ["end"]}'])
def test_a_message_without_a_kind_is_refused(kind: bytes) -> None:
    with pytest.raises(MalformedMessage, match="kind"):
        heard(framed(kind))


def test_of_a_key_that_comes_twice_the_last_one_counts() -> None:
    (message,) = heard(framed(b'{"kind": "end", "kind": "begin"}'))

    assert message.kind == "begin"


def test_a_message_that_is_cut_short_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="cut short"):
        unpack(pack("end", {})[:-1])


def test_a_message_that_has_begun_is_waited_for() -> None:
    reader = Reader(CAP)
    states = []
    for piece in (pack("end", {})[:-1], pack("end", {})[-1:]):
        states.append((len(list(reader.feed(piece))), reader.waiting))

    assert states == [(0, True), (1, False)]


def test_a_tensor_longer_than_its_payload_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="longer than its payload"):
        answer_of(b"1234567", observed={"h": ["tensor", "float64", [1]]})


def test_bytes_that_belong_to_no_tensor_are_refused() -> None:
    with pytest.raises(MalformedMessage, match="belong to no tensor"):
        answer_of(b"123456789", observed={"h": ["tensor", "float64", [1]]})


@pytest.mark.parametrize(
    "shape",
    [
        [1 << 52, 1 << 52],
        [1 << 53],
        [-1],
        [2, -1],
        [True],
        [1.0],
        ["1"],
        [None],
        [[1]],
        [0, 1 << 52],
        [1] * (MAX_DIMENSIONS + 1),
    ],
)
def test_an_impossible_shape_is_refused(shape: list[Any]) -> None:
    with pytest.raises(MalformedMessage):
        answer_of(bytes(8), observed={"h": ["tensor", "float64", shape]})


@pytest.mark.parametrize(
    "dtype", ["object", "O", "float128", "<f8", "U8", "V8", "", "M8[s]", 1, None, ["float64"]]
)
def test_a_dtype_that_is_not_in_the_list_is_refused(dtype: Any) -> None:
    with pytest.raises(MalformedMessage, match=r"dtype that is not known|Expected `str`"):
        answer_of(bytes(8), observed={"h": ["tensor", dtype, [1]]})


def test_a_boolean_that_is_neither_0_nor_1_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="neither 0 nor 1"):
        answer_of(b"\x00\x01\x02", observed={"h": ["tensor", "bool", [3]]})


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "none",
        ["none", 1],
        ["bool", 1],
        ["bool", "true"],
        ["int", 5],
        ["int", True],
        ["int", "1" * 4000],
        ["int", "x"],
        ["int", "1.5"],
        ["int", "5" * 3505],
        ["int", ""],
        ["float", 1.5],
        ["float", "x"],
        ["float", "1" * 101],
        ["text", None],
        ["text", "x"],
        ["text", -1],
        ["text", MAX_LETTERS + 1],
        ["bytes", True],
        ["bytes", 1],
        ["complex", "1"],
        ["complex", "1", "x"],
        ["number", "bfloat16", ["float", "1.0"]],
        ["number", "float64", ["none"]],
        ["array", "bfloat16", [0]],
        ["items", "list", "x", []],
        ["items", "list", [["none"]], ["a", "b"]],
        ["items", "x" * (MAX_TEXT + 1), [], []],
        ["items", "list", [["none"]] * (MAX_VALUES + 1), []],
        ["members", "set", {}],
        ["table", "dict", [["none"]]],
        ["fields", "Result", [["none"]], []],
        ["fields", "Result", [["none"]], [1]],
        ["word", "torch.dtype", 5],
        ["other", 5],
        ["pickle", "x"],
        ["tensor", "float64"],
        {"tensor": []},
    ],
)
def test_a_value_of_no_known_kind_is_refused(value: Any) -> None:
    with pytest.raises(MalformedMessage):
        answer_of(observed={"h": value})


@pytest.mark.parametrize(
    "changes",
    [
        {"check": None},
        {"check": 5},
        {"check": "x" * (MAX_TEXT + 1)},
        {"case": True},
        {"case": -1},
        {"case": 1.0},
        {"case": "0"},
        {"case": None},
        {"case": 1 << 53},
        {"case": 10**400},
        {"case": math.nan},
        {"case": math.inf},
        {"observed": None},
        {"observed": []},
        {"observed": "h"},
        {"raised": {"kinds": ["E"], "message": "", "frames": [], "check_line": 0}},
        {"changed": None},
        {"changed": "x"},
        {"changed": [1]},
        {"changed": ["x"] * (MAX_NAMES + 1)},
        {"sizes": []},
        {"sizes": {"batch": True}},
        {"sizes": {"batch": -1}},
        {"sizes": {"batch": math.nan}},
        {"sizes": {str(n): 1 for n in range(MAX_NAMES + 1)}},
        {"drawn": {}},
        {"drawn": [["tensor", "x"]]},
        {"drawn": [["tensor", "x", ["none"], 1]]},
        {"drawn": [["tensor", 5, ["none"]]]},
        {"observed": {str(n): ["none"] for n in range(MAX_NAMES + 1)}},
        {"observed": {"x" * (MAX_TEXT + 1): ["none"]}},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_a_field_that_is_not_as_it_is_written_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        answer_of(**changes)


@pytest.mark.parametrize("name", sorted(set(fields()) - {"raised"}))
def test_a_field_that_is_missing_is_refused(name: str) -> None:
    without = {key: value for key, value in fields().items() if key != name}

    with pytest.raises(MalformedMessage):
        parse_answer(*unpack(pack("answer", without)))


@pytest.mark.parametrize(
    "changes",
    [
        {"kinds": []},
        {"kinds": None},
        {"kinds": [1]},
        {"kinds": ["E"] * 65},
        {"message": None},
        {"frames": [["a.py", 1, "f"]] * (MAX_FRAMES + 1)},
        {"frames": [["a.py", 1]]},
        {"frames": [["a.py", True, "f"]]},
        {"frames": [[1, 1, "f"]]},
        {"frames": ["a.py"]},
        {"check_line": -1},
        {"check_line": None},
        {"blamed": ""},
        {"blamed": ["x"]},
        {"blamed": ["x" * (MAX_PART + 1), []]},
        {"blamed": ["x", [["x", "tensor", [1], "float64"]] * (MAX_HELD + 1)]},
        {"blamed": ["x", [["x", "tensor", [1]]]]},
        {"blamed": ["x", [["x", "Tensor", [1], "float64"]]]},
        {"blamed": ["x", [["x", "tensor", [-1], "float64"]]]},
        {"blamed": ["x", [["x", "tensor", [1 << 53], "float64"]]]},
        {"blamed": ["x", [["x", "tensor", [1] * (MAX_DIMENSIONS + 1), "float64"]]]},
        {"blamed": ["x", [["x" * (MAX_NAME + 1), "tensor", [1], "float64"]]]},
        {"blamed": ["x", [["x", "tensor", [1], "x" * (MAX_NAME + 1)]]]},
        {str(n): 1 for n in range(9)},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_an_exception_that_is_not_as_it_is_written_is_refused(changes: dict[str, Any]) -> None:
    whole = {"kinds": ["E"], "message": "", "frames": [], "check_line": 0} | changes

    with pytest.raises(MalformedMessage):
        parse_raised(whole)


def test_the_constants_of_javascript_are_refused() -> None:
    header = json.dumps({"kind": "answer", **fields(case=math.nan)}).encode()

    with pytest.raises(MalformedMessage, match="JSON is malformed"):
        heard(framed(header))


def test_a_lone_surrogate_in_what_is_sent_becomes_a_question_mark() -> None:
    sent = Answer("a\ud800b", 0, {"\udfff": Word("w", "\ud9ab")})
    (message,) = unpack(pack_answer(sent))
    answer = parse_answer(message)

    assert (answer.check, answer.observed) == ("a?b", {"?": Word("w", "?")})


def test_a_header_with_a_lone_surrogate_is_refused() -> None:
    header = json.dumps({"kind": "answer", **fields(check="a\ud800b")}).encode()

    with pytest.raises(MalformedMessage, match="escape"):
        heard(framed(header))


def test_a_lone_surrogate_in_an_exception_becomes_a_question_mark() -> None:
    raised = {"kinds": ["E"], "message": "\udcff", "frames": [["a\udcff.py", 1, "f"]], "check_line": 0}

    assert parse_raised(raised) == Raised(("E",), "?", (Frame("a?.py", 1, "f"),))


def test_a_lone_surrogate_in_the_part_that_raised_becomes_a_question_mark() -> None:
    blamed = ["\udcff", [["\udcff", "tensor", [1], "\udcff"]]]
    raised = {"kinds": ["E"], "message": "", "frames": [], "check_line": 0, "blamed": blamed}

    assert parse_raised(raised).blamed == Blamed("?", (Held("?", "tensor", (1,), "?"),))


def test_the_largest_number_that_is_written_comes_back() -> None:
    assert answer_of(observed={"n": ["int", hex(-(10**90))]}).observed == {"n": -(10**90)}


@pytest.mark.parametrize("digits", ["nan", "inf", "-inf", "-0.0", "5e-324", "1.7976931348623157e+308"])
def test_a_float_comes_back_to_its_last_bit(digits: str) -> None:
    assert repr((answer_of(observed={"x": ["float", digits]}).observed or {})["x"]) == digits


@pytest.mark.parametrize("shape", [[0] + [1 << 20] * 7, [1 << 20, 0, 1 << 20, 1 << 20, 1 << 20]])
def test_an_empty_tensor_of_giant_sides_is_refused(shape: list[int]) -> None:
    with pytest.raises(MalformedMessage):
        answer_of(observed={"h": ["tensor", "float64", shape]})


def nested(depth: int) -> list[Any]:
    value: list[Any] = ["none"]
    for _ in range(depth):
        value = ["items", "list", [value], []]
    return value


def test_values_may_be_nested_so_deep_and_no_deeper() -> None:
    assert answer_of(observed={"h": nested(MAX_DEPTH)}).observed

    with pytest.raises(MalformedMessage, match="nested too deep"):
        answer_of(observed={"h": nested(MAX_DEPTH + 1)})


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="not UTF-8"):
        answer_of(b"\xff", observed={"h": ["text", 1]})


def parsed(entries: int, last: float = 0.0, check: str = "step") -> Answer:
    array = np.zeros(entries)
    array[-1] = last
    (message,) = unpack(pack_answer(Answer(check, 0, {"h": Tensor("float64", array)})))
    return parse_answer(message)


def test_equal_bytes_are_one_answer() -> None:
    assert parsed(8) is parsed(8)


@pytest.mark.parametrize("changed", [{"last": -0.0}, {"check": "other"}, {"entries": 9}])
def test_other_bytes_are_another_answer(changed: dict[str, Any]) -> None:
    arguments = {"entries": 8} | changed

    assert comparable(parsed(**arguments)) != comparable(parsed(8))


def test_a_long_answer_is_not_cached() -> None:
    assert parsed(1000) is not parsed(1000)


def test_a_tensor_that_was_read_cannot_be_written_to() -> None:
    (value,) = (parsed(8).observed or {}).values()

    assert isinstance(value, Tensor) and not value.array.flags.writeable


# Statements of a module that failed


def test_statements_that_failed_come_back() -> None:
    raised = Raised(("NameError", "Exception"), "name 'x' is not defined", (Frame("m.py", 3, "f"),))
    failed = [
        Failed("m.py", 3, 2, raised, ("x", "y"), ("Cell",)),
        Failed("m.py", 9, 8, None, (), ()),
    ]

    assert parse_failed(json.loads(json.dumps(failed_fields(failed)))) == failed


def test_of_very_many_statements_that_failed_the_first_come_back() -> None:
    failed = [Failed("m.py", number, number, None, (), ()) for number in range(MAX_FAILED + 1)]

    assert parse_failed(failed_fields(failed)) == failed[:-1]


@pytest.mark.parametrize(
    "fields",
    [None, [[]], [["m.py", 1, 0, None, []]], [["m.py", -1, 0, None, [], []]], [["m.py", 1, 0, {}, [], []]]],
)
def test_a_statement_that_is_not_as_it_is_written_is_refused(fields: Any) -> None:
    with pytest.raises(MalformedMessage):
        parse_failed(fields)
