"""Compares what was seen with what was expected. Pure: plain data in, plain data out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from grader.wire import Answer, Other, Raised, Tensor, Value

# The contract of the bundled assignment promises these: float64 results agree to 1e-9, float32 to
# 1e-4. Rounding moves a correct float64 result by some 1e-14 for sums of a hundred terms, so 1e-9
# leaves room for every order of operations and still catches a slip of 1e-7; float32 is coarser by
# 2^29 and its room smaller. Both are relative for entries larger than 1, absolute below.
_TOLERANCE = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2}
_COMPLEX = {"complex128": "float64", "complex64": "float32"}
# Rounding errors of a recurrence add up step by step; up to this depth the figures above hold.
_SHALLOW = 10
_NAMES_SHOWN, _NAME_SHOWN = 10, 60
"""How many arguments a sentence names, and how much of each name."""


def tolerance(dtype: str, depth: int = 1) -> float:
    """Return the allowed distance for entries up to 1 in size after `depth` steps, 0 for counts."""
    base = _TOLERANCE.get(_COMPLEX.get(dtype, dtype), 0.0)
    return base * max(1.0, depth / _SHALLOW)


@dataclass(frozen=True)
class Difference:
    """One observed value that is not as expected."""

    name: str
    expected: Value
    actual: Value
    kind: str
    """`missing`, `type`, `shape`, `dtype`, `finite` or `value`."""
    problem: str
    wrong: npt.NDArray[np.bool_] | None = None
    first: tuple[int, ...] | None = None
    error: float | None = None
    allowed: float | None = None


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
    problem: str = ""

    @property
    def by_law(self) -> bool:
        """Whether the answer as a whole breaks a law, so that no value is wrong by itself."""
        return bool(self.problem) and not (self.differences or self.raised or self.changed)


def judge(expected: Mapping[int, Answer], actual: Mapping[int, Answer], depth: str = "") -> Judgement:
    """Compare the answers to one check, case by case; a case without an answer fails."""
    failing = tuple(
        case
        for case, answer in sorted(expected.items())
        if case not in actual or not agree(answer, actual[case], depth)
    )
    if not failing or failing[0] not in actual:
        return Judgement(failing)
    first, given = expected[failing[0]], actual[failing[0]]
    names = axes(expected)
    if given.raised is not None:
        return Judgement(failing, raised=given.raised)
    if first.raised is not None:
        problem = f"{first.raised.kinds[0]} should have been raised"
        return Judgement(failing, problem=problem)
    found = differences(first, given, names, depth)
    problem = found[0].problem if found else _changed(first.changed, given.changed)
    return Judgement(failing, found, None, given.changed or first.changed, problem)


def judge_kinds(expected: Answer, actual: Answer) -> Judgement:
    """Say how an answer is of another kind than the solution's, where other values may be right."""
    judgement = judge({expected.case: expected}, {expected.case: actual})
    for kinds in (("missing", "type"), ("shape", "dtype")):
        found = tuple(one for one in judgement.differences if one.kind in kinds)
        if found:
            return replace(judgement, differences=found, problem=found[0].problem)
    if expected.changed != actual.changed:
        problem = _changed(expected.changed, actual.changed)
        return replace(judgement, differences=(), problem=problem)
    return judgement


def _changed(expected: Sequence[str], names: Sequence[str]) -> str:
    if not names:
        return f"`{expected[0]}` should have been changed in place"
    listed = ", ".join(f"`{name[:_NAME_SHOWN]}`" for name in names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{listed}{more} was changed in place; arguments must be left as they are"


def agree(expected: Answer, actual: Answer, depth: str = "", floor: float = 0.0) -> bool:
    """Whether two answers to the same case are the same within the tolerance.

    `floor` is the least tolerance: for what was computed in a coarser dtype than it has.
    """
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
        return not differences(expected, actual, {}, depth, floor)
    steps = expected.sizes.get(depth, 1)
    return all(
        _alike(value, actual.observed[name], steps, floor) for name, value in expected.observed.items()
    )


def _alike(expected: Value, actual: Value, depth: int, floor: float) -> bool:
    """Whether `compare` finds nothing: naming a mistake asks that many thousand times."""
    if not (isinstance(expected, Tensor) and isinstance(actual, Tensor)):
        return compare("", expected, actual, (), depth, floor) is None
    if expected.array.shape != actual.array.shape or expected.dtype != actual.dtype:
        return False
    return _same_bits(expected, actual) or bool(_nearness(expected, actual, depth, floor).right.all())


def _same_bits(expected: Tensor, actual: Tensor) -> bool:
    """Whether two tensors of one shape are equal, to the last bit: most are, and it is soon told."""
    return expected.array.tobytes() == actual.array.tobytes()


def differences(
    expected: Answer,
    actual: Answer,
    names: Mapping[str, tuple[str, ...]],
    depth: str,
    floor: float = 0.0,
) -> tuple[Difference, ...]:
    """Return every observed value of a case that is not as expected."""
    assert expected.observed is not None and actual.observed is not None
    steps = expected.sizes.get(depth, 1)
    found = []
    for name, value in expected.observed.items():
        if name in actual.observed:
            difference = compare(name, value, actual.observed[name], names.get(name, ()), steps, floor)
        else:
            difference = _missing(name, value, actual.observed)
        if difference is not None:
            found.append(difference)
    unexpected = [name for name in actual.observed if name not in expected.observed]
    for name in unexpected[:_NAMES_SHOWN]:
        value = actual.observed[name]
        if not _stands_for(name, expected.observed):
            problem = f"`{name}` was not expected; {describe(value)} was there"
            found.append(Difference(name, None, value, "missing", problem))
    return tuple(found)


def _stands_for(name: str, expected: Mapping[str, Value]) -> bool:
    """Whether `name` is `h, c` where `h` and `c` were expected one by one."""
    return any(part.strip() in expected for part in name.split(","))


def _missing(name: str, expected: Value, observed: Mapping[str, Value]) -> Difference:
    for group, value in observed.items():
        if name in [part.strip() for part in group.split(",")]:
            count = group.count(",") + 1
            returned = _or_nothing(describe(value))
            problem = f"{count} values ({group}) were expected; {returned} was returned"
            return Difference(name, expected, value, "type", problem)
    problem = f"`{name}` is missing; {describe(expected)} was expected"
    return Difference(name, expected, None, "missing", problem)


def compare(
    name: str,
    expected: Value,
    actual: Value,
    axis_names: Sequence[str] = (),
    depth: int = 1,
    floor: float = 0.0,
) -> Difference | None:
    """Return what is wrong with one value, None where it is as expected."""
    if isinstance(expected, Tensor) and isinstance(actual, Tensor):
        return _compare_tensors(name, expected, actual, axis_names, depth, floor)
    if type(expected) is not type(actual):
        seen, right = describe(actual), describe(expected)
        if seen == right:  # 84 as a text, and as a number
            seen, right = f"{seen} ({type(actual).__name__})", f"{right} ({type(expected).__name__})"
        problem = f"`{name}` is {seen}; {right} was expected"
        return Difference(name, expected, actual, "type", problem)
    if isinstance(expected, float) and isinstance(actual, float):
        allowed = tolerance("float64", depth) * max(1.0, abs(expected))
        distance = abs(expected - actual)
        if (math.isfinite(distance) and distance <= allowed) or str(expected) == str(actual):
            return None
    elif expected == actual:
        return None
    if isinstance(expected, str):
        problem = f"`{name}`: {_or_nothing(describe(actual))}; {expected} was expected"
        return Difference(name, expected, actual, "value", problem)
    problem = f"`{name}` is {describe(actual)}; {describe(expected)} was expected"
    return Difference(name, expected, actual, "value", problem)


def _or_nothing(described: str) -> str:
    """Return what was returned, or of what type; with a question where that was nothing."""
    return "None (is `return` missing?)" if described in ("None", "NoneType") else described


def _compare_tensors(
    name: str, expected: Tensor, actual: Tensor, axis_names: Sequence[str], depth: int, floor: float
) -> Difference | None:
    e, a = expected.array, actual.array
    if e.shape != a.shape:
        problem = f"`{name}` has shape {a.shape}; {_shape(e.shape, axis_names)} was expected"
        return Difference(name, expected, actual, "shape", problem)
    if expected.dtype != actual.dtype:
        problem = f"`{name}` has dtype {actual.dtype}; {expected.dtype} was expected"
        return Difference(name, expected, actual, "dtype", problem)
    if _same_bits(expected, actual):
        return None
    distance, allowed, right = _nearness(expected, actual, depth, floor)
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
    problem = f"`{name}` is {seen}{at(first, axis_names)}; {right_value} was expected"
    return Difference(name, expected, actual, kind, problem, wrong, first, error, allowed_there)


class _Nearness(NamedTuple):
    """How far two tensors of one shape are apart, how far they may be, and where that is kept."""

    distance: npt.NDArray[Any]
    allowed: npt.NDArray[Any]
    right: npt.NDArray[np.bool_]


def _nearness(expected: Tensor, actual: Tensor, depth: int, floor: float) -> _Nearness:
    e, a = expected.array, actual.array
    with np.errstate(all="ignore"):
        distance = np.abs(_wide(a) - _wide(e))
        allowed = max(tolerance(expected.dtype, depth), floor) * np.maximum(1.0, np.abs(_wide(e)))
        # float64 does not tell large whole numbers apart: those are equal or not.
        near = (distance <= allowed) & np.isfinite(distance) & (e.dtype.kind not in "biu")
        right = near | (a == e) | ((a != a) & (e != e))
    return _Nearness(distance, allowed, right)


def _wide(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a copy whose differences cannot overflow."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def axes(answers: Mapping[int, Answer]) -> dict[str, tuple[str, ...]]:
    """Name the axes of what was observed: an axis is `hidden` if it has that size in every case.

    Sizes are unequal in the first cases, so no two names fit; `3·hidden` is found as well.
    """
    shapes: dict[str, list[tuple[tuple[int, ...], Mapping[str, int]]]] = {}
    for answer in answers.values():
        for name, value in (answer.observed or {}).items():
            if isinstance(value, Tensor):
                shapes.setdefault(name, []).append((value.array.shape, answer.sizes))
    named = {}
    for name, seen in shapes.items():
        ranks = {len(shape) for shape, _ in seen}
        if len(ranks) == 1:
            named[name] = tuple(_axis(seen, axis) for axis in range(ranks.pop()))
    return named


def _axis(seen: Sequence[tuple[tuple[int, ...], Mapping[str, int]]], axis: int) -> str:
    names = seen[0][1]
    # One case alone would fit by accident: 6 is 3·inputs and 2·hidden.
    for factor in (1, 2, 3, 4) if len(seen) > 1 else (1,):
        for name in names:
            if all(shape[axis] == factor * sizes.get(name, -1) for shape, sizes in seen):
                return name if factor == 1 else f"{factor}·{name}"
    return ""


def at(index: Sequence[int], axis_names: Sequence[str]) -> str:
    """Return ` at batch 0, hidden 2` for an index, nothing for a number."""
    if not index:
        return ""
    names = [*axis_names, *[""] * len(index)]
    unnamed = "entry" if len(index) == 1 else "axis {}, index"
    parts = [f"{names[i] or unnamed.format(i)} {position}" for i, position in enumerate(index)]
    return f" at {', '.join(parts)}"


def _shape(shape: tuple[int, ...], axis_names: Sequence[str]) -> str:
    named = ", ".join(name or "?" for name in axis_names)
    return f"{shape}, that is ({named})," if any(axis_names) else str(shape)


def describe(value: Value) -> str:
    """Return a value in words, short enough for a sentence."""
    match value:
        case Tensor(dtype, array):
            return f"a {dtype} tensor of shape {array.shape}"
        case Other(text):
            return text
        case str():
            return value
        case float():
            return number(value)
    return str(value)


def number(value: float, digits: int = 6) -> str:
    """Return a number with so many significant digits; `nan` and `inf` as Python writes them."""
    return f"{value:.{digits}g}" if math.isfinite(value) else str(value)


def tell_apart(actual: Any, expected: Any) -> tuple[str, str]:
    """Return both numbers with as many digits as it takes to see that they differ."""
    if isinstance(actual, (np.integer, np.bool_)) and isinstance(expected, (np.integer, np.bool_)):
        return str(actual), str(expected)
    for digits in (6, 9, 12, 17):
        if isinstance(actual, np.complexfloating):
            texts = (f"{actual:.{digits}g}", f"{expected:.{digits}g}")
        else:
            texts = (number(float(actual), digits), number(float(expected), digits))
        if texts[0] != texts[1]:
            break
    return texts
