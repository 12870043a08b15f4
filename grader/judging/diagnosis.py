"""Diagnoses a wrong answer that no known mistake explains.

Each rule compares expected and actual values on the failing cases and returns a message or None. The
first message counts. A rule claims only what the data show on all of these cases.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.accuracy import Accuracy, tolerance
from grader.judging.comparison import alike, axes
from grader.results.message import Message
from grader.values import Tensor, Value, leaves, number
from grader.wire import Answer

_TIME = ("time", "steps", "time_steps")
_NAMES_LISTED = 3
"""Values that one sentence names."""
_ERROR = re.compile(r"[A-Za-z]{1,40}(?:Error|Exception)")
_FLOAT32_ERROR = 1e-5

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Seen:
    """One check's answers, expected and actual, and the cases on which they differ."""

    expected: Mapping[int, Answer]
    actual: Mapping[int, Answer]
    failing: tuple[int, ...]
    accuracy: Accuracy
    named: Mapping[str, tuple[str, ...]]
    """What the author calls the axes of observations."""

    @cached_property
    def axes(self) -> dict[str, tuple[str, ...]]:
        """The names of the axes of what was observed."""
        return axes(self.expected, self.named)

    @cached_property
    def parts(self) -> dict[int, tuple[dict[str, Value], dict[str, Value]]]:
        """What was observed in every failing case, expected and actual, by paths."""
        return {
            case: (leaves(self.expected[case].observed or {}), leaves(self.actual[case].observed or {}))
            for case in self.failing
        }

    @cached_property
    def wrong(self) -> dict[str, list[tuple[Value, Value]]]:
        """The values that differ, by name: (expected, actual) of every failing case."""
        found: dict[str, list[tuple[Value, Value]]] = {}
        for case, (expected, actual) in self.parts.items():
            for name, value in expected.items():
                given = actual.get(name)
                if not alike(value, given, self.accuracy, self.steps(case)):
                    found.setdefault(name, []).append((value, given))
        return found

    def steps(self, case: int) -> int:
        """Return how many steps are computed one upon the other in a case."""
        return self.expected[case].sizes.get(self.accuracy.depth, 1)

    @cached_property
    def arrays(self) -> dict[str, list[tuple[Array, Array]]]:
        """As `wrong`, where all that differs are tensors."""
        return {
            name: [(e.array, a.array) for e, a in pairs if isinstance(e, Tensor) and isinstance(a, Tensor)]
            for name, pairs in self.wrong.items()
            if all(isinstance(value, Tensor) for pair in pairs for value in pair)
        }

    @cached_property
    def alike(self) -> dict[str, list[tuple[Array, Array]]]:
        """As `arrays`, where the shapes agree and the entries don't: more than the dtype is wrong."""
        return {
            name: pairs
            for name, pairs in self.arrays.items()
            if all(e.shape == a.shape for e, a in pairs) and not all(_equal(a, e) for e, a in pairs)
        }


def diagnose(
    expected: Mapping[int, Answer],
    actual: Mapping[int, Answer],
    failing: tuple[int, ...],
    accuracy: Accuracy,
    named: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Message | None:
    """Return what is wrong with the values, None if no rule holds.

    `named`: what the author calls the axes of observations.
    """
    if not failing:
        return None
    answered = tuple(
        case
        for case in failing
        if case in actual and actual[case].observed is not None and not actual[case].changed
    )
    if failing[:1] != answered[:1]:  # the check's own message is about something else than numbers
        return None
    seen = Seen(expected, actual, answered, accuracy, named)
    with np.errstate(all="ignore"):  # a student's numbers may be of any size
        found = (rule(seen) for rule in _RULES)
        first = next((message for message in found if message is not None), None)
        return first or _sizes(expected, actual, failing) or _first_step(seen)


def _nothing(seen: Seen) -> Message | None:
    names = [
        name
        for name, pairs in seen.wrong.items()
        if all(isinstance(e, Tensor) and a is None for e, a in pairs)
        and all(name in actual for _, actual in seen.parts.values())
    ]
    if not names:
        return None
    listed = tuple(names[:_NAMES_LISTED])
    if not any(name.startswith("gradient") for name in names):
        return Message.of("nothing_arrives", names=listed)
    return Message.of("no_gradient_arrives", names=listed)


def _exchanged(seen: Seen) -> Message | None:
    telling = [  # any two wrong booleans, or short texts, may be each other's
        name
        for name, pairs in seen.wrong.items()
        if all(
            isinstance(value, Tensor) and value.array.dtype.kind != "b" for pair in pairs for value in pair
        )
    ]
    for one, other in itertools.combinations(telling, 2):
        if all(
            alike(expected.get(one), actual.get(other)) and alike(expected.get(other), actual.get(one))
            for expected, actual in seen.parts.values()
        ):
            return Message.of("exchanged", one=one, other=other)
    return None


def _transposed(seen: Seen) -> Message | None:
    names = _holding(
        seen.arrays,
        lambda e, a: e.ndim >= 2 and a.ndim >= 2 and _equal(np.swapaxes(a, -1, -2), e) and not _equal(a, e),
    )
    return Message.of("transposed", names=names[:_NAMES_LISTED]) if names else None


def _missing_axis(seen: Seen) -> Message | None:
    names = _holding(
        seen.arrays,
        lambda e, a: e.shape != a.shape and 0 < e.size == a.size and _equal(a.reshape(e.shape), e),
    )
    return Message.of("reshaped", names=names[:_NAMES_LISTED]) if names else None


def _scaled(seen: Seen) -> Message | None:
    pairs = [pair for found in seen.alike.values() for pair in found]
    if not _covers(seen, seen.alike):
        return None
    names = tuple(seen.alike)[:_NAMES_LISTED]
    if not any(a.any() or a.dtype.kind == "b" for _, a in pairs):
        return Message.of("all_zero", names=names)
    factors = [factor for e, a in pairs if (factor := _factor(e, a)) is not None]
    if len(factors) < len(pairs) or sum(e.size for e, _ in pairs) < 2:
        return None
    first = factors[0]
    if any(abs(factor - first) > 1e-6 * abs(first) for factor in factors):
        return None
    if abs(first + 1) < 1e-6:
        return Message.of("opposite_sign", names=names)
    times = number(first, 4)
    return None if times in ("0", "1") else Message.of("scaled", names=names, factor=times)


def _factor(e: Array, a: Array) -> float | None:
    if not (_real(e) and _real(a) and e.any()):
        return None
    at = np.unravel_index(np.argmax(np.abs(e.astype(np.float64))), e.shape)
    factor = float(a[at]) / float(e[at])
    return factor if _equal(a, e * factor) else None


def _real(array: Array) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _shifted(seen: Seen) -> Message | None:
    names = seen.axes

    def found(
        holds: Callable[[Array, Array], bool], tells: Callable[[Array, Array], bool]
    ) -> tuple[str, ...]:
        return tuple(
            name
            for name, pairs in seen.alike.items()
            if all(e.ndim > 0 and holds(e, a) for e, a in pairs)
            and any(len(e) > 2 and tells(e, a) for e, a in pairs)
        )

    def in_time(found: Sequence[str]) -> bool:
        return all(names.get(name, ("",))[0] in _TIME for name in found)

    # If each entry equals its neighbour anyway, a shift explains nothing.
    late = found(lambda e, a: _equal(a[1:], e[:-1]), lambda e, a: not _equal(a[1:], e[1:]))
    if late and in_time(late):
        return Message.of("one_step_late", names=late[:_NAMES_LISTED])
    if late:
        return Message.of("one_place_late", names=late[:_NAMES_LISTED])
    early = found(lambda e, a: _equal(a[:-1], e[1:]), lambda e, a: not _equal(a[:-1], e[:-1]))
    if early and in_time(early):
        return Message.of("one_step_early", names=early[:_NAMES_LISTED])
    if early:
        return Message.of("one_place_early", names=early[:_NAMES_LISTED])
    turned = found(lambda e, a: _equal(a[::-1], e), lambda e, a: True)
    if turned and in_time(turned):
        return Message.of("reversed_in_time", names=turned[:_NAMES_LISTED])
    return Message.of("reversed", names=turned[:_NAMES_LISTED]) if turned else None


def _not_finite(seen: Seen) -> Message | None:
    for name, pairs in seen.alike.items():
        finite = [np.isfinite(a) for _, a in pairs]
        if any(where.any() for where in finite) and all(
            np.isfinite(e).all() and not where.all() and _equal(a[where], e[where])
            for (e, a), where in zip(pairs, finite, strict=True)
        ):
            return Message.of("partly_not_finite", name=name)
    return None


def _coarse(seen: Seen) -> Message | None:
    """Right to the digits of float32 and no further."""
    if not _covers(seen, seen.alike):
        return None
    for pairs in seen.alike.values():
        for e, a in pairs:
            largest = float(np.max(np.abs(_finite(e)), initial=0))
            if e.dtype != np.float64 or a.dtype.kind != "f" or np.any((a == 0) & (e != 0)):
                return None
            if not np.allclose(a, e, _FLOAT32_ERROR, _FLOAT32_ERROR * min(1, largest)):
                return None
    if all(a.dtype != np.float64 for pairs in seen.alike.values() for _, a in pairs):
        return Message.of("float32_result")
    return Message.of("float32_part")


def _finite(array: Array) -> Array:
    return array[np.isfinite(array)]


def _dtype(seen: Seen) -> Message | None:
    """Right values of a wider floating-point dtype than the expected one."""
    if not _covers(seen, seen.arrays):
        return None
    pairs = [pair for found in seen.arrays.values() for pair in found]
    dtypes = {(str(e.dtype), str(a.dtype)) for e, a in pairs}
    if len(dtypes) != 1 or not all(
        e.dtype.kind == a.dtype.kind == "f" and e.itemsize < a.itemsize and e.shape == a.shape
        for e, a in pairs
    ):
        return None
    if not all(np.allclose(a, e, _FLOAT32_ERROR, _FLOAT32_ERROR, equal_nan=True) for e, a in pairs):
        return None
    ((wanted, given),) = dtypes
    return Message.of("right_but_dtype", wanted=wanted, given=given)


def _refusals(seen: Seen) -> Message | None:
    """What `case.raises` says of arguments that are not refused as they should be."""
    pairs = [pair for found in seen.wrong.values() for pair in found]
    wanted = {e for e, _ in pairs if isinstance(e, str)}
    given = {a for _, a in pairs if isinstance(a, str)}
    if len(wanted) != 1 or len(given) != 1 or not all(isinstance(one, str) for pair in pairs for one in pair):
        return None
    kind, other = wanted.pop(), given.pop()
    if not _ERROR.fullmatch(kind):
        return None
    if other == "no exception":
        return Message.of("not_refused", kind=kind)
    return Message.of("refused_otherwise", kind=kind, given=other) if _ERROR.fullmatch(other) else None


def _counts(seen: Seen) -> Message | None:
    """Whole numbers that are off by a size or by a factor that is one."""
    offs: list[dict[str, int]] = []
    factors: list[dict[str, int]] = []
    drawn: dict[int, Mapping[str, int]] = {}
    for case in seen.failing:
        sizes = seen.expected[case].sizes
        expected, actual = seen.parts[case]
        for name, value in expected.items():
            given = actual.get(name)
            if type(value) is type(given) is int and value != given:
                offs.append({n: (given - value) // s for n, s in sizes.items() if (given - value) % s == 0})
                factors.append({n: s for n, s in sizes.items() if given == value * s})
                drawn[case] = sizes
    if set(drawn) != set(seen.failing):
        return None
    for name in factors[0]:
        if _varies(name, drawn.values()) and all(name in found for found in factors):
            return Message.of("count_times_size", size=name)
    for name, times in offs[0].items():
        if _varies(name, drawn.values()) and all(found.get(name) == times for found in offs):
            if times > 0:
                return Message.of("count_too_large", times=times, size=name)
            return Message.of("count_too_small", times=-times, size=name)
    return None


def _varies(name: str, sizes: Iterable[Mapping[str, int]]) -> bool:
    """Whether a size differs between cases, so that it can be distinguished from a constant."""
    return len({found.get(name) for found in sizes}) > 1


def _sizes(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], failing: tuple[int, ...]
) -> Message | None:
    """A size that is 1 in all failing cases and in no other."""
    sizes = {case: answer.sizes for case, answer in expected.items() if answer.sizes}
    if len(sizes) < max(4, len(expected)) or len(failing) == len(expected):
        return None
    wrong = {case for case in sizes if case in failing}
    for name in next(iter(sizes.values())):
        one = {case for case, found in sizes.items() if found.get(name) == 1}
        if wrong and wrong == one:
            lost = any(_axis_lost(expected[case], actual.get(case)) for case in wrong)
            return (
                Message.of("axis_of_size_one_lost", size=name)
                if lost
                else Message.of("wrong_for_one", size=name)
            )
    return None


def _axis_lost(expected: Answer, actual: Answer | None) -> bool:
    """Whether an answer has another shape than it should."""
    if actual is None or actual.observed is None:
        return False
    return any(
        isinstance(value, Tensor)
        and isinstance(given := actual.observed.get(name), Tensor)
        and given.array.shape != value.array.shape
        for name, value in (expected.observed or {}).items()
    )


def _first_step(seen: Seen) -> Message | None:
    names = seen.axes
    for name, pairs in seen.alike.items():
        if (names.get(name) or ("",))[0] in _TIME:
            firsts = {_first_wrong(e, a) for e, a in pairs}
            if len(firsts) == 1 and (first := firsts.pop()):
                return Message.of("wrong_from_step", name=name, right_steps=first)
    return None


def _first_wrong(e: Array, a: Array) -> int:
    """Return the number of right steps before the wrong ones, 0 where right ones come after."""
    right = [_equal(a[step], e[step]) for step in range(len(e))]
    count = sum(right)
    return count if all(right[:count]) and count < len(right) else 0


def _holding(
    pairs_by_name: Mapping[str, Sequence[tuple[Array, Array]]], holds: Callable[[Array, Array], bool]
) -> tuple[str, ...]:
    """Return the names whose every pair of arrays has a property."""
    return tuple(
        name for name, pairs in pairs_by_name.items() if pairs and all(holds(e, a) for e, a in pairs)
    )


def _covers(seen: Seen, found: Mapping[str, object]) -> bool:
    return bool(found) and set(found) == set(seen.wrong)


def _equal(a: Array, e: Array) -> bool:
    if a.shape != e.shape or a.dtype.kind == "b":
        return False
    if a.dtype.kind in "iu" and e.dtype.kind in "iu":
        return np.array_equal(a, e)  # float64 does not tell large whole numbers apart
    allowed = max(tolerance(str(e.dtype)), 1e-12)
    return bool(np.allclose(a, e, allowed, allowed, equal_nan=True))


_RULES: tuple[Callable[[Seen], Message | None], ...] = (
    _nothing,
    _exchanged,
    _transposed,
    _missing_axis,
    _not_finite,
    _dtype,
    _coarse,
    _scaled,
    _shifted,
    _counts,
    _refusals,
)
