"""Says something true about a wrong answer where no known mistake explains it.

Each rule looks at expected and actual on the failing cases and returns a sentence or None; the first
that holds on all of them is told. A rule claims only what the data show.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.accuracy import Accuracy, tolerance
from grader.judging.comparison import alike, axes
from grader.values import Tensor, Value, leaves, number
from grader.wire import Answer

_TIME = ("time", "steps", "time_steps")
_GATES = (4, 3, 2)
_FLOAT32_ERROR = 1e-5
_ROUNDING = 64
"""What a few operations add to an entry, in units of its last place."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Seen:
    """One check's answers, expected and actual, and the cases on which they differ."""

    expected: Mapping[int, Answer]
    actual: Mapping[int, Answer]
    failing: tuple[int, ...]
    accuracy: Accuracy

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
) -> str:
    """Return a sentence about what is wrong, empty where nothing fits."""
    if not failing:
        return ""
    answered = tuple(
        case
        for case in failing
        if case in actual and actual[case].observed is not None and not actual[case].changed
    )
    if failing[:1] != answered[:1]:  # the message tells of something else than numbers
        return _sizes(expected, actual, failing) or ""
    seen = Seen(expected, actual, answered, accuracy)
    with np.errstate(all="ignore"):  # a stranger's numbers may be as large as they like
        told = (rule(seen) for rule in _RULES)
        sentence = next((sentence for sentence in told if sentence), None)
        return sentence or _sizes(expected, actual, failing) or _first_step(seen) or ""


def _nothing(seen: Seen) -> str | None:
    names = [
        name
        for name, pairs in seen.wrong.items()
        if all(isinstance(e, Tensor) and a is None for e, a in pairs)
        and all(name in actual for _, actual in seen.parts.values())
    ]
    if not names:
        return None
    listed = ", ".join(f"`{name}`" for name in names[:4])
    if not any(name.startswith("gradient") for name in names):
        return f"Nothing arrives at {listed}. A result is None where `return` is left out."
    return (
        f"Nothing arrives at {listed}. A gradient is None where the result is made without it or the "
        "graph is cut on the way, as by detach(), .data, no_grad(), .item() or a new tensor made from "
        "numbers."
    )


def _exchanged(seen: Seen) -> str | None:
    telling = [  # any two wrong booleans may be each other's
        name
        for name, pairs in seen.wrong.items()
        if not any(isinstance(value, bool) for pair in pairs for value in pair)
    ]
    for one, other in itertools.combinations(telling, 2):
        if all(
            alike(expected.get(one), actual.get(other)) and alike(expected.get(other), actual.get(one))
            for expected, actual in seen.parts.values()
        ):
            return f"`{one}` and `{other}` are exchanged."
    return None


def _transposed(seen: Seen) -> str | None:
    return _all(
        seen.arrays,
        lambda e, a: e.ndim >= 2 and a.ndim >= 2 and _equal(np.swapaxes(a, -1, -2), e) and not _equal(a, e),
        "is right, but transposed: its last two axes are exchanged",
    )


def _missing_axis(seen: Seen) -> str | None:
    return _all(
        seen.arrays,
        lambda e, a: e.shape != a.shape and 0 < e.size == a.size and _equal(a.reshape(e.shape), e),
        "has the right entries in another shape",
    )


def _scaled(seen: Seen) -> str | None:
    pairs = [pair for found in seen.alike.values() for pair in found]
    if not _covers(seen, seen.alike):
        return None
    names = _listed(list(seen.alike))
    if not any(a.any() for _, a in pairs):
        return f"Every entry of {names} is 0."
    factors = [factor for e, a in pairs if (factor := _factor(e, a)) is not None]
    if len(factors) < len(pairs) or sum(e.size for e, _ in pairs) < 2:
        return None
    first = factors[0]
    if any(abs(factor - first) > 1e-6 * abs(first) for factor in factors):
        return None
    if abs(first + 1) < 1e-6:
        return f"Every entry of {names} is right up to its sign: it has the opposite one."
    times = number(first, 4)
    return None if times in ("0", "1") else f"Every entry of {names} is {times} times the expected one."


def _factor(e: Array, a: Array) -> float | None:
    if not (_real(e) and _real(a) and e.any()):
        return None
    at = np.unravel_index(np.argmax(np.abs(e.astype(np.float64))), e.shape)
    factor = float(a[at]) / float(e[at])
    return factor if _equal(a, e * factor) else None


def _real(array: Array) -> bool:
    return array.dtype.kind in "fiu" and bool(np.isfinite(array).all())


def _offset(seen: Seen) -> str | None:
    if not _covers(seen, seen.alike):
        return None
    offsets: list[float] = []
    room = 0.0
    for e, a in (pair for pairs in seen.alike.values() for pair in pairs):
        if e.dtype.kind != "f" or not (_real(e) and _real(a)):
            return None
        offsets += (a.astype(np.float64) - e).ravel().tolist()
        largest = float(np.max(np.abs(e), initial=0))
        room = max(room, _ROUNDING * float(np.finfo(e.dtype).eps) * largest)
    least, most = min(offsets, default=0.0), max(offsets, default=0.0)
    if len(offsets) < 2 or not np.isfinite(most - least) or least <= 0 <= most:
        return None
    if most - least > room + 1e-6 * max(abs(least), abs(most)):
        return None
    return f"Every entry of {_listed(list(seen.alike))} is off by the same number, {number(offsets[0], 4)}."


def _shifted(seen: Seen) -> str | None:
    names = axes(seen.expected)

    def found(holds: Callable[[Array, Array], bool], tells: Callable[[Array, Array], bool]) -> list[str]:
        return [
            name
            for name, pairs in seen.alike.items()
            if all(e.ndim > 0 and holds(e, a) for e, a in pairs)
            and any(len(e) > 2 and tells(e, a) for e, a in pairs)
        ]

    def words(found: Sequence[str], in_time: str, elsewhere: str) -> str:
        known = all(names.get(name, ("",))[0] in _TIME for name in found)
        return f"{_listed(found)} {in_time if known else elsewhere}."

    # Where an entry is like its neighbour anyway, a shift explains nothing.
    late = found(lambda e, a: _equal(a[1:], e[:-1]), lambda e, a: not _equal(a[1:], e[1:]))
    if late:
        rest = "late: entry t holds what belongs to t - 1"
        return words(late, f"comes one step {rest}", f"comes one place {rest}, along the first axis")
    early = found(lambda e, a: _equal(a[:-1], e[1:]), lambda e, a: not _equal(a[:-1], e[:-1]))
    if early:
        rest = "early: entry t holds what belongs to t + 1"
        return words(early, f"comes one step {rest}", f"comes one place {rest}, along the first axis")
    turned = found(lambda e, a: _equal(a[::-1], e), lambda e, a: True)
    if turned:
        return words(turned, "is right, but in reversed order of time", "is right, but back to front")
    return None


def _blocks(seen: Seen) -> str | None:
    """Gates or directions in another order, where an axis holds them one after the other."""
    names = axes(seen.expected)
    for name, pairs in seen.alike.items():
        for axis, axis_name in enumerate(names.get(name, ())):
            count = next((n for n in _GATES if axis_name.startswith(f"{n}·")), 0)
            if not count:
                continue
            for order in itertools.permutations(range(count)):
                if list(order) != sorted(order) and all(
                    _equal(_reordered(a, axis, count, order), e) for e, a in pairs
                ):
                    blocks = ", ".join(str(place + 1) for place in order)
                    return (
                        f"`{name}` holds the right blocks in another order: what belongs to blocks "
                        f"1 to {count} along {axis_name} is found in blocks {blocks}."
                    )
    return None


def _reordered(array: Array, axis: int, count: int, order: Sequence[int]) -> Array:
    blocks = np.split(array, count, axis)
    return np.concatenate([blocks[place] for place in order], axis)


def _not_finite(seen: Seen) -> str | None:
    for name, pairs in seen.alike.items():
        finite = [np.isfinite(a) for _, a in pairs]
        if any(where.any() for where in finite) and all(
            np.isfinite(e).all() and not where.all() and _equal(a[where], e[where])
            for (e, a), where in zip(pairs, finite, strict=True)
        ):
            return (
                f"`{name}` is right where it is finite. The rest is inf or nan, as where an exponential "
                "written by hand overflows for large inputs, or where 0 is divided by 0."
            )
    return None


def _coarse(seen: Seen) -> str | None:
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
        return (
            "The values are right to the digits of float32: the result, or what it is made from, is "
            "turned into float32 on the way."
        )
    return (
        "The values agree to some six digits and no further: somewhere a part of it is computed in "
        "float32, a small constant is added, or a number is cut off, as by clamp()."
    )


def _finite(array: Array) -> Array:
    return array[np.isfinite(array)]


def _counts(seen: Seen) -> str | None:
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
            return f"The number is the expected one times {name}."
    for name, times in offs[0].items():
        if _varies(name, drawn.values()) and all(found.get(name) == times for found in offs):
            way = "more" if times > 0 else "less"
            count = "" if abs(times) == 1 else f"{abs(times)} times "
            return f"The number is {count}{name} {way} than expected, in every failing case."
    return None


def _varies(name: str, sizes: Iterable[Mapping[str, int]]) -> bool:
    """Whether a size is not the same everywhere, so that it can be told from a number."""
    return len({found.get(name) for found in sizes}) > 1


def _sizes(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], failing: tuple[int, ...]
) -> str | None:
    """What the sizes of the failing cases have in common, and the others have not."""
    sizes = {case: answer.sizes for case, answer in expected.items() if answer.sizes}
    if len(sizes) < max(4, len(expected)) or len(failing) == len(expected):
        return None
    wrong = {case for case in sizes if case in failing}
    equal = {case for case, found in sizes.items() if len(set(found.values())) == 1}
    if wrong == set(sizes) - equal and len(next(iter(sizes.values()))) > 1:
        return "It is right only where all sizes are equal: somewhere two sizes or two axes are mixed up."
    for name in next(iter(sizes.values())):
        one = {case for case, found in sizes.items() if found.get(name) == 1}
        if wrong and wrong == one:
            lost = any(_axis_lost(expected[case], actual.get(case)) for case in wrong)
            return f"It is wrong only where {name} is 1" + (
                ": is an axis of size 1 lost on the way?" if lost else "."
            )
        if wrong and one and wrong == set(sizes) - one:
            return f"It is right only where {name} is 1."
    return None


def _axis_lost(expected: Answer, actual: Answer | None) -> bool:
    """Whether an answer has another shape than it should, or fell over one."""
    if actual is None or actual.observed is None:
        return actual is not None and actual.raised is not None
    return any(
        isinstance(value, Tensor)
        and isinstance(given := actual.observed.get(name), Tensor)
        and given.array.shape != value.array.shape
        for name, value in (expected.observed or {}).items()
    )


def _first_step(seen: Seen) -> str | None:
    names = axes(seen.expected)
    for name, pairs in seen.alike.items():
        if (names.get(name) or ("",))[0] in _TIME:
            firsts = {_first_wrong(e, a) for e, a in pairs}
            if len(firsts) == 1 and (first := firsts.pop()):
                return f"`{name}` is right up to step {first}, counted from 1, and wrong from the next on."
    return None


def _first_wrong(e: Array, a: Array) -> int:
    """Return the number of right steps before the wrong ones, 0 where right ones come after."""
    right = [_equal(a[step], e[step]) for step in range(len(e))]
    count = sum(right)
    return count if all(right[:count]) and count < len(right) else 0


def _all(
    pairs_by_name: Mapping[str, Sequence[tuple[Array, Array]]],
    holds: Callable[[Array, Array], bool],
    words: str,
) -> str | None:
    names = [name for name, pairs in pairs_by_name.items() if pairs and all(holds(e, a) for e, a in pairs)]
    if not names:
        return None
    if len(names) > 1:
        words = (
            words.replace("is ", "are ", 1) if words.startswith("is ") else words.replace("has ", "have ", 1)
        )
    return f"{_listed(names)} {words}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in names[:3])


def _covers(seen: Seen, found: Mapping[str, object]) -> bool:
    return bool(found) and set(found) == set(seen.wrong)


def _equal(a: Array, e: Array) -> bool:
    if a.shape != e.shape or a.dtype.kind == "b":
        return False
    if a.dtype.kind in "iu" and e.dtype.kind in "iu":
        return np.array_equal(a, e)  # float64 does not tell large whole numbers apart
    allowed = max(tolerance(str(e.dtype)), 1e-12)
    return bool(np.allclose(a, e, allowed, allowed, equal_nan=True))


_RULES: tuple[Callable[[Seen], str | None], ...] = (
    _nothing,
    _exchanged,
    _transposed,
    _missing_axis,
    _not_finite,
    _coarse,
    _scaled,
    _offset,
    _shifted,
    _blocks,
    _counts,
)
