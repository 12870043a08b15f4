"""Compares what was seen with what was expected. Pure: plain data in, plain data out."""

import cmath
import itertools
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from grader.accuracy import DEFAULT, Accuracy
from grader.results.message import Message
from grader.values import (
    Fields,
    Items,
    Members,
    Number,
    Other,
    Table,
    Tensor,
    Value,
    Word,
    around,
    describe,
    entries,
    first_difference,
    incomparable,
    key_text,
    leaves,
    literal,
    number,
    type_name,
)
from grader.wire import Answer, Raised

_NAMES_SHOWN, _NAME_SHOWN = 10, 60
"""How many arguments a sentence names, and how much of each name."""
_PARTS_SHOWN = 10
"""Differing parts of one value that are recorded."""
_LONG_TEXT = 100
"""Characters of a text that is shown whole."""
_MEMBERS_SHOWN = 3
"""Members of a set that one sentence lists."""
_NUMBERS = re.compile(r"[\d.]+")
_PAIRED = 100
"""Members of two sets that are compared one by one where they are not equal."""


@dataclass(frozen=True)
class Difference:
    """One observed value that is not as expected."""

    name: str
    """The path to it: `h`, `merges[3][0]`, `cache["w"]`."""
    expected: Value
    actual: Value
    kind: str
    """`missing`, `type`, `length`, `shape`, `dtype`, `finite` or `value`."""
    problem: Message
    """What is wrong with it."""
    wrong: npt.NDArray[np.bool_] | None = None
    first: tuple[int, ...] | None = None
    error: float | None = None
    allowed: float | None = None
    observation: str = ""
    """The name of the observation that it is a part of."""


@dataclass(frozen=True)
class Judgement:
    """What the judge found about one check."""

    failing: tuple[int, ...]
    """The cases that tell the submission from the solution, smallest first."""
    differences: tuple[Difference, ...] = ()
    """Of the first failing case."""
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    """Arguments that were changed in place, or should have been."""
    problem: Message | None = None
    shown: str = ""
    """The observation that a violated property asks to show, empty for all."""

    @property
    def by_property(self) -> bool:
        """Whether the answer as a whole violates a property, so that no single value is wrong."""
        return self.problem is not None and not (self.differences or self.raised or self.changed)


def failing_cases(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], accuracy: Accuracy = DEFAULT
) -> tuple[int, ...]:
    """Return the cases in which an answer is missing or not as expected, smallest first."""
    return tuple(
        case
        for case, answer in sorted(expected.items())
        if case not in actual or not agree(answer, actual[case], accuracy)
    )


def judge(
    expected: Mapping[int, Answer],
    actual: Mapping[int, Answer],
    accuracy: Accuracy = DEFAULT,
    named: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Judgement:
    """Compare the answers to one check, case by case; a case without an answer fails.

    `named`: what the author calls the axes of observations.
    """
    failing = failing_cases(expected, actual, accuracy)
    if not failing or failing[0] not in actual:
        return Judgement(failing)
    first, given = expected[failing[0]], actual[failing[0]]
    names = axes(expected, named)
    if given.raised is not None:
        return Judgement(failing, raised=given.raised)
    if first.raised is not None:
        problem = Message.of("exception_expected", kind=first.raised.kinds[0])
        return Judgement(failing, problem=problem)
    found = differences(first, given, names, accuracy)
    problem = found[0].problem if found else _changed(first.changed, given.changed)
    return Judgement(failing, found, None, given.changed or first.changed, problem)


def judge_kinds(expected: Answer, actual: Answer) -> Judgement:
    """Say how an answer is of another kind than the solution's, where other values may be right."""
    judgement = judge({expected.case: expected}, {expected.case: actual})
    for kinds in (("missing", "type"), ("length", "shape", "dtype")):
        found = tuple(one for one in judgement.differences if one.kind in kinds)
        if found:
            return replace(judgement, differences=found, problem=found[0].problem)
    for name, value in (actual.observed or {}).items():
        part = incomparable(name, value)
        if part is not None:
            path, other = part
            problem = Message.of("incomparable", name=path, value=other.text)
            return replace(judgement, differences=(), problem=problem)
    if expected.changed != actual.changed:
        problem = _changed(expected.changed, actual.changed)
        return replace(judgement, differences=(), problem=problem)
    return judgement


def _changed(expected: Sequence[str], names: Sequence[str]) -> Message:
    if not names:
        return Message.of("change_expected", name=expected[0])
    listed = tuple(name[:_NAME_SHOWN] for name in names[:_NAMES_SHOWN])
    return Message.of("argument_changed", names=listed, more=len(names) - len(listed))


def agree(expected: Answer, actual: Answer, accuracy: Accuracy = DEFAULT) -> bool:
    """Whether two answers to the same case are the same within the tolerance."""
    if expected is actual:  # the same bytes were parsed once
        return True
    if expected.raised is not None or actual.raised is not None:
        return (
            expected.raised is not None
            and actual.raised is not None
            and expected.raised.kinds == actual.raised.kinds
        )
    if expected.changed != actual.changed:
        return False
    assert expected.observed is not None and actual.observed is not None
    if expected.observed.keys() != actual.observed.keys():
        return not differences(expected, actual, {}, accuracy)
    room = _Room(accuracy, expected.sizes.get(accuracy.depth, 1))
    return all(_alike(value, actual.observed[name], room) for name, value in expected.observed.items())


def share_right(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], accuracy: Accuracy = DEFAULT
) -> float:
    """Return the share of the expected observations that are right in all cases; 0 if a case has none."""
    names: set[str] = set()
    wrong: set[str] = set()
    for case, answer in expected.items():
        given = actual.get(case)
        if given is None or given.observed is None or answer.observed is None:
            return 0
        if given.changed != answer.changed:
            return 0
        wrong |= {one.observation for one in differences(answer, given, {}, accuracy)}
        names |= answer.observed.keys() | wrong
    return 1 - len(wrong) / len(names) if names else 0


def alike(expected: Value, actual: Value, accuracy: Accuracy = DEFAULT, steps: int = 1) -> bool:
    """Whether two values are the same within the tolerance."""
    return _alike(expected, actual, _Room(accuracy, steps))


def _alike(expected: Value, actual: Value, room: "_Room") -> bool:
    """Whether `compare` finds nothing: naming a mistake asks that many thousand times."""
    if not (isinstance(expected, Tensor) and isinstance(actual, Tensor)):
        return next(_differing("", expected, actual, (), room), None) is None
    if (
        expected.array.shape != actual.array.shape
        or expected.dtype != actual.dtype
        or expected.numpy != actual.numpy
    ):
        return False
    return _same_bits(expected, actual) or bool(_nearness(expected, actual, room).right.all())


def _same_bits(expected: Tensor, actual: Tensor) -> bool:
    """Whether two tensors of one shape are equal to the last bit: most are, and this is quick to test."""
    return expected.array.tobytes() == actual.array.tobytes()


def largest_allowed(expected: Answer, accuracy: Accuracy = DEFAULT) -> float:
    """Return the largest distance from an expected entry that any tensor of an answer allows."""
    steps = expected.sizes.get(accuracy.depth, 1)
    found = [0.0]
    for value in (expected.observed or {}).values():
        if isinstance(value, Tensor) and value.array.size and value.array.dtype.kind in "fc":
            size = np.abs(value.array[np.isfinite(value.array)]).astype(np.float64)
            if size.size:
                found.append(float(accuracy.allowed(value.dtype, size, float(size.max()), steps).max()))
    return max(found)


def differences(
    expected: Answer,
    actual: Answer,
    names: Mapping[str, tuple[str, ...]],
    accuracy: Accuracy = DEFAULT,
) -> tuple[Difference, ...]:
    """Return every observed value of a case that is not as expected, and where it is not."""
    assert expected.observed is not None and actual.observed is not None
    room = _Room(accuracy, expected.sizes.get(accuracy.depth, 1))
    found: list[Difference] = []
    for name, value in expected.observed.items():
        if name in actual.observed:
            parts = _differing(name, value, actual.observed[name], names.get(name, ()), room, names)
            found += (replace(part, observation=name) for part in itertools.islice(parts, _PARTS_SHOWN))
        else:
            found.append(replace(_missing(name, value, actual.observed), observation=name))
    unexpected = [name for name in actual.observed if name not in expected.observed]
    for name in unexpected[:_NAMES_SHOWN]:
        if not _stands_for(name, expected.observed):
            found.append(replace(_unexpected(name, actual.observed[name]), observation=name))
    return tuple(found)


def _unexpected(name: str, value: Value) -> Difference:
    problem = Message.of("value_unexpected", name=name, value=describe(value))
    return Difference(name, None, value, "missing", problem)


def _stands_for(name: str, expected: Mapping[str, Value]) -> bool:
    """Whether `name` is `h, c` where `h` and `c` were expected one by one."""
    return any(part.strip() in expected for part in name.split(","))


def _missing(name: str, expected: Value, observed: Mapping[str, Value]) -> Difference:
    for group, value in observed.items():
        if name in [part.strip() for part in group.split(",")]:
            count = group.count(",") + 1
            returned = _or_nothing(describe(value))
            problem = Message.of("values_expected", count=count, names=group, actual=returned)
            return Difference(name, expected, value, "type", problem)
    problem = Message.of("value_missing", name=name, expected=describe(expected))
    return Difference(name, expected, None, "missing", problem)


class _Room(NamedTuple):
    """How near values have to come, and to what."""

    accuracy: Accuracy
    steps: int
    largest: float = 0.0
    """The largest of the numbers that stand beside one in a list."""
    dtype: str = "float64"


def compare(
    name: str,
    expected: Value,
    actual: Value,
    axis_names: Sequence[str] = (),
    accuracy: Accuracy = DEFAULT,
    steps: int = 1,
) -> Difference | None:
    """Return what is wrong with one value first, None where it is as expected."""
    return next(_differing(name, expected, actual, axis_names, _Room(accuracy, steps)), None)


def _differing(
    name: str,
    expected: Value,
    actual: Value,
    axis_names: Sequence[str],
    room: _Room,
    names: Mapping[str, tuple[str, ...]] = {},
) -> Iterator[Difference]:
    """Yield what is wrong with a value, part by part; `names` are those of the axes of its parts."""
    exact = room.accuracy.exact
    if isinstance(expected, Number) and not exact:
        room = room._replace(dtype=expected.dtype)
    one, other = (expected, actual) if exact else (_held(expected), _held(actual))
    if isinstance(one, Other) or isinstance(other, Other) or type(one) is not type(other):
        yield _of_another_type(name, expected, actual)
        return
    match one, other:
        case Tensor(), Tensor():
            found = _compare_tensors(name, one, other, axis_names, room)
        case Number(), Number() if one.dtype == other.dtype:
            room = room._replace(dtype=one.dtype)
            yield from _differing(name, one.value, other.value, (), room)
            return
        case Items(), Items() if not exact or (one.kind, one.names) == (other.kind, other.names):
            yield from _differing_items(name, one, other, room, names)
            return
        case Table(), Table() if not exact or one.kind == other.kind:
            yield from _differing_pairs(name, one, other, room, names)
            return
        case Fields(), Fields() if not exact or one.kind == other.kind:
            yield from _differing_pairs(name, _named(one), _named(other), room, names, "{}.{}")
            return
        case Members(), Members() if not exact or one.kind == other.kind:
            found = _compare_members(name, one, other, room)
        case str() | bytes() as text, str() | bytes() as given:
            found = _compare_texts(name, text, given)
        case float() | complex() as number, float() | complex() as given:
            found = None if _near(number, given, room) else _of_another_value(name, one, other)
        case (Word(), Word()) | (bool(), bool()) | (int(), int()) | (None, None):
            found = None if one == other else _of_another_value(name, one, other)
        case _:
            found = _of_another_type(name, expected, actual)
    if found is not None:
        yield found


def _held(value: Value) -> Value:
    return value.value if isinstance(value, Number) else value


def _of_another_type(name: str, expected: Value, actual: Value) -> Difference:
    seen, right = describe(actual), describe(expected)
    if seen == right:  # 84 as a text, and as a number
        seen, right = f"{seen} ({type_name(actual)})", f"{right} ({type_name(expected)})"
    problem = Message.of("value_wrong", name=name, actual=seen, expected=right)
    return Difference(name, expected, actual, "type", problem)


def _of_another_value(name: str, expected: Value, actual: Value) -> Difference:
    seen, right = describe(actual), describe(expected)
    if isinstance(expected, (float, complex)) and isinstance(actual, (float, complex)):
        seen, right = tell_apart(actual, expected)
    problem = Message.of("value_wrong", name=name, actual=seen, expected=right)
    return Difference(name, expected, actual, "value", problem)


def _near(expected: complex, actual: complex, room: _Room) -> bool:
    if repr(expected) == repr(actual) or expected == actual:
        return True
    if not (cmath.isfinite(expected) and cmath.isfinite(actual)):
        return False
    size = min(_size(expected), sys.float_info.max)
    dtype = (
        f"complex{64 if room.dtype == 'complex64' else 128}" if isinstance(expected, complex) else room.dtype
    )
    allowed = room.accuracy.allowed(dtype, np.asarray(size), max(size, room.largest), room.steps)
    return _size(expected - actual) <= float(allowed)


def _size(value: complex) -> float:
    """Return the absolute value; infinity if it is too large, for which `abs` raises an exception."""
    return math.hypot(value.real, value.imag)


def _compare_texts(name: str, expected: str | bytes, actual: str | bytes) -> Difference | None:
    if expected == actual:
        return None
    long = max(len(expected), len(actual)) > _LONG_TEXT
    place = first_difference(expected, actual)
    seen, right = around(actual, place), around(expected, place)
    if long and isinstance(expected, str):
        problem = Message.of("text_differs", name=name, character=place, actual=seen, expected=right)
    elif long:
        problem = Message.of("bytes_differ", name=name, byte=place, actual=seen, expected=right)
    elif isinstance(expected, bytes):
        problem = Message.of("value_wrong", name=name, actual=literal(actual), expected=literal(expected))
    else:
        given = _or_nothing(describe(actual))
        problem = Message.of("text_wrong", name=name, actual=given, expected=describe(expected))
    return Difference(name, expected, actual, "value", problem, first=(place,) if long else None)


def _differing_items(
    name: str, expected: Items, actual: Items, room: _Room, names: Mapping[str, tuple[str, ...]]
) -> Iterator[Difference]:
    floats = [abs(item) for item in map(_held, expected.items) if isinstance(item, (float, complex))]
    room = room._replace(largest=max((size for size in floats if math.isfinite(size)), default=0.0))
    pairs = list(zip(expected.items, actual.items, strict=False))
    if len(expected.items) != len(actual.items):
        same = next((n for n, (e, a) in enumerate(pairs) if not _alike(e, a, room)), len(pairs))
        counts = len(actual.items), len(expected.items)
        if pairs:
            problem = Message.of(
                "length_wrong_from", name=name, actual=counts[0], expected=counts[1], first=same
            )
        else:
            problem = Message.of("length_wrong", name=name, actual=counts[0], expected=counts[1])
        yield Difference(name, expected, actual, "length", problem)
        return
    for place, (one, other) in enumerate(pairs):
        path = f"{name}.{expected.names[place]}" if expected.names else f"{name}[{place}]"
        yield from _differing(path, one, other, names.get(path, ()), room, names)


def _named(value: Fields) -> Table:
    return Table(value.kind, value.fields)


def _differing_pairs(
    name: str,
    expected: Table,
    actual: Table,
    room: _Room,
    names: Mapping[str, tuple[str, ...]],
    form: str = "{}[{}]",
) -> Iterator[Difference]:
    exact = room.accuracy.exact
    given = {_key(key, exact): item for key, item in actual.pairs}
    wanted = set()
    for key, item in expected.pairs:
        path = form.format(name, key if form != "{}[{}]" else key_text(key))
        found = _key(key, exact)
        wanted.add(found)
        if found in given:
            yield from _differing(path, item, given[found], names.get(path, ()), room, names)
        else:
            problem = Message.of("value_missing", name=path, expected=describe(item))
            yield Difference(path, item, None, "missing", problem)
    for key, item in actual.pairs:
        if _key(key, exact) not in wanted:
            yield _unexpected(form.format(name, key if form != "{}[{}]" else key_text(key)), item)


def _compare_members(name: str, expected: Members, actual: Members, room: _Room) -> Difference | None:
    exact = room.accuracy.exact
    wanted = {_key(item, exact): item for item in expected.items}
    given = {_key(item, exact): item for item in actual.items}
    missing = [item for key, item in wanted.items() if key not in given]
    extra = [item for key, item in given.items() if key not in wanted]
    if len(missing) == len(extra) <= _PAIRED:
        for item in list(missing):
            near = next((other for other in extra if _alike(item, other, room)), None)
            if near is not None:
                missing.remove(item)
                extra.remove(near)
    if not (missing or extra):
        return None
    lacks = Message.of(
        "members_missing", members=_listed(missing), more=max(0, len(missing) - _MEMBERS_SHOWN)
    )
    holds = Message.of("members_unexpected", members=_listed(extra), more=max(0, len(extra) - _MEMBERS_SHOWN))
    if missing and extra:
        problem = Message.of("members_differ", name=name, lacks=lacks, holds=holds)
    else:
        problem = Message.of("members_wrong", name=name, problem=lacks if missing else holds)
    return Difference(name, expected, actual, "value", problem)


def _listed(members: Sequence[Value]) -> tuple[str, ...]:
    return tuple(literal(member, 60) for member in members[:_MEMBERS_SHOWN])


def _key(value: Value, exact: bool) -> Any:
    """Return something hashable that is equal where two keys, or two members of a set, are."""
    match value:
        case Number(dtype, held):
            return ("number", dtype, _key(held, exact)) if exact else _key(held, exact)
        case Tensor(dtype, array, numpy):
            return ("tensor", dtype, numpy, array.shape, array.tobytes())
        case Items(kind, items, names):
            return (
                "items",
                kind if exact else "",
                names if exact else (),
                tuple(_key(i, exact) for i in items),
            )
        case Members(kind, items):
            return ("members", kind if exact else "", frozenset(_key(item, exact) for item in items))
        case Table(kind, pairs):
            whole = frozenset((_key(key, exact), _key(item, exact)) for key, item in pairs)
            return ("table", kind if exact else "", whole)
        case Fields(kind, fields):
            whole = frozenset((name, _key(item, exact)) for name, item in fields)
            return ("fields", kind if exact else "", whole)
        case float() | complex():
            return (type(value).__name__, repr(value + 0))  # 0.0 and -0.0 are one key
    return (type(value).__name__, value)


def _or_nothing(described: str) -> str | Message:
    """Return what was returned, or its type; for None with the question whether `return` is missing."""
    return Message.of("nothing_returned") if described in ("None", "NoneType") else described


def _compare_tensors(
    name: str, expected: Tensor, actual: Tensor, axis_names: Sequence[str], room: _Room
) -> Difference | None:
    e, a = expected.array, actual.array
    if expected.numpy != actual.numpy:
        return _of_another_type(name, expected, actual)
    if e.shape != a.shape:
        problem = Message.of("shape_wrong", name=name, actual=str(a.shape), expected=str(e.shape))
        if any(axis_names):
            named = tuple(axis or "?" for axis in axis_names)
            problem = Message.of(
                "shape_wrong_named", name=name, actual=str(a.shape), expected=str(e.shape), axes=named
            )
        return Difference(name, expected, actual, "shape", problem)
    if expected.dtype != actual.dtype:
        problem = Message.of("dtype_wrong", name=name, actual=actual.dtype, expected=expected.dtype)
        return Difference(name, expected, actual, "dtype", problem)
    if _same_bits(expected, actual):
        return None
    distance, allowed, right = _nearness(expected, actual, room)
    wrong = np.asarray(~right)
    if not wrong.any():
        return None
    first = tuple(int(index) for index in np.argwhere(wrong)[0])
    finite = wrong & np.isfinite(distance)
    error = allowed_there = None
    if finite.any():
        worst = np.unravel_index(np.argmax(np.where(finite, distance, -1)), distance.shape)
        error, allowed_there = float(distance[worst]), float(allowed[worst])
    lost = wrong & ~np.isfinite(a) & np.isfinite(e)
    kind = "finite" if lost.any() else "value"
    if kind == "finite":
        first = tuple(int(index) for index in np.argwhere(lost)[0])
    seen, right_value = tell_apart(a[first], e[first])
    problem = Message.of("value_wrong", name=name, actual=seen, expected=right_value)
    if first:
        index = at(first, axis_names)
        problem = Message.of("entry_wrong", name=name, actual=seen, expected=right_value, index=index)
    loose = room._replace(accuracy=room.accuracy.loose())
    if room.accuracy.asks_for_more and bool(_nearness(expected, actual, loose).right.all()):
        digits = room.accuracy.digits
        if digits is None:
            problem = Message.of("float32_accuracy", name=name, problem=problem)
        else:
            problem = Message.of("too_few_digits", name=name, digits=digits, problem=problem)
    return Difference(name, expected, actual, kind, problem, wrong, first, error, allowed_there)


class _Nearness(NamedTuple):
    """How far two tensors of one shape are apart, how far they may be, and where that is kept."""

    distance: npt.NDArray[Any]
    allowed: npt.NDArray[Any]
    right: npt.NDArray[np.bool_]


def _nearness(expected: Tensor, actual: Tensor, room: _Room) -> _Nearness:
    e, a = expected.array, actual.array
    with np.errstate(all="ignore"):
        distance, sizes = np.abs(entries(a) - entries(e)), np.abs(entries(e))
        largest = float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
        allowed = room.accuracy.allowed(expected.dtype, sizes, largest, room.steps)
        # float64 does not tell large whole numbers apart: those are equal or not.
        near = (distance <= allowed) & np.isfinite(distance) & (e.dtype.kind not in "biu")
        right = near | (a == e) | ((a != a) & (e != e))
    return _Nearness(distance, allowed, right)


def axes(
    answers: Mapping[int, Answer], named: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> dict[str, tuple[str, ...]]:
    """Name the axes of what was observed: an axis is `hidden` if it has that size in every case.

    `3·hidden` is found as well. Values are taken together if their names differ in numbers only, as `h at
    0.5` and `h at 1.0`. An axis that two names fit has none. What is `named` already has these names.
    """
    shapes: dict[str, list[tuple[tuple[int, ...], Mapping[str, int]]]] = {}
    for answer in answers.values():
        for name, value in leaves(answer.observed or {}).items():
            if isinstance(value, Tensor):
                shapes.setdefault(name, []).append((value.array.shape, answer.sizes))
    alike: dict[str, list[tuple[tuple[int, ...], Mapping[str, int]]]] = {}
    for name, seen in shapes.items():
        alike.setdefault(_NUMBERS.sub("", name), []).extend(seen)
    found = {}
    for name, own in shapes.items():
        both = alike[_NUMBERS.sub("", name)]
        seen = both if len({len(shape) for shape, _ in both}) == 1 else own
        ranks = {len(shape) for shape, _ in seen}
        if len(ranks) == 1:
            found[name] = tuple(_axis(seen, axis) for axis in range(ranks.pop()))
    return {**found, **named}


def _axis(seen: Sequence[tuple[tuple[int, ...], Mapping[str, int]]], axis: int) -> str:
    names = seen[0][1]
    # One case alone would fit by accident: 6 is 3·inputs and 2·hidden.
    for factor in (1, 2, 3, 4) if len(seen) > 1 else (1,):
        fitting = [
            name
            for name in names
            if all(shape[axis] == factor * sizes.get(name, -1) for shape, sizes in seen)
        ]
        if fitting:
            name = fitting[0] if len(fitting) == 1 else ""
            return name if factor == 1 or not name else f"{factor}·{name}"
    return ""


def at(index: Sequence[int], axis_names: Sequence[str]) -> tuple[Message, ...]:
    """Return an index by the names of its axes: batch 0, hidden 2."""
    names = [*axis_names, *[""] * len(index)]
    if len(index) == 1 and not names[0]:
        return (Message.of("entry", number=index[0]),)
    return tuple(
        Message.of("index_on_named_axis", axis=names[axis], index=position)
        if names[axis]
        else Message.of("index_on_axis", axis=axis, index=position)
        for axis, position in enumerate(index)
    )


def tell_apart(actual: Any, expected: Any) -> tuple[str, str]:
    """Return both numbers with as many digits as it takes to see that they differ."""
    if isinstance(actual, (np.integer, np.bool_)) and isinstance(expected, (np.integer, np.bool_)):
        return str(actual), str(expected)
    for digits in (6, 9, 12, 17):
        if isinstance(actual, (complex, np.complexfloating)):
            texts = (f"{actual:.{digits}g}", f"{expected:.{digits}g}")
        else:
            texts = (number(float(actual), digits), number(float(expected), digits))
        if texts[0] != texts[1]:
            break
    return texts
