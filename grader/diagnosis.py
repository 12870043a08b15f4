"""Says something true about a wrong answer where no known mistake explains it.

Each rule looks at expected and actual on the failing cases and returns a sentence or None; the first
that holds on all of them is told. A rule claims only what the data show.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.judge import axes, compare, number, tolerance
from grader.observation import Answer, Tensor, Value

_TIME = ("time", "steps", "time_steps")
_GATES = (4, 3, 2)
_FLOAT32_ERROR = 1e-5

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Seen:
    """One check's answers, expected and actual, and the cases on which they differ."""

    expected: Mapping[int, Answer]
    actual: Mapping[int, Answer]
    failing: tuple[int, ...]
    depth: str

    @cached_property
    def wrong(self) -> dict[str, list[tuple[Value, Value]]]:
        """The values that differ, by name: (expected, actual) of every failing case."""
        found: dict[str, list[tuple[Value, Value]]] = {}
        for case in self.failing:
            expected, actual = self.expected[case].observed, self.actual[case].observed
            for name, value in (expected or {}).items():
                given = (actual or {}).get(name)
                if compare(name, value, given, (), self.steps(case)) is not None:
                    found.setdefault(name, []).append((value, given))
        return found

    def steps(self, case: int) -> int:
        """Return how many steps are computed one upon the other in a case."""
        return self.expected[case].sizes.get(self.depth, 1)

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
        """As `arrays`, where the shapes agree."""
        return {
            name: pairs for name, pairs in self.arrays.items() if all(e.shape == a.shape for e, a in pairs)
        }


def diagnose(
    expected: Mapping[int, Answer],
    actual: Mapping[int, Answer],
    failing: tuple[int, ...],
    depth: str,
) -> str:
    """Return a sentence about what is wrong, empty where nothing fits."""
    answered = tuple(
        case
        for case in failing
        if case in actual and actual[case].observed is not None and not actual[case].changed
    )
    if not answered:
        return _sizes(expected, actual, failing) or ""
    seen = Seen(expected, actual, answered, depth)
    with np.errstate(all="ignore"):  # a stranger's numbers may be as large as they like
        told = (rule(seen) for rule in _RULES)
        sentence = next((sentence for sentence in told if sentence), None)
        return sentence or _sizes(expected, actual, failing) or _first_step(seen) or ""


def _no_gradient(seen: Seen) -> str | None:
    names = [
        name
        for name, pairs in seen.wrong.items()
        if all(isinstance(e, Tensor) and a is None for e, a in pairs)
    ]
    if not names:
        return None
    listed = ", ".join(f"`{name}`" for name in names[:4])
    return (
        f"No gradient arrives at {listed}: somewhere on the way the graph is cut, as by detach(), "
        ".data, no_grad(), .item() or a new tensor made from numbers."
    )


def _exchanged(seen: Seen) -> str | None:
    for one, other in itertools.combinations(seen.wrong, 2):
        if all(
            _same(seen.expected[case], seen.actual[case], one, other)
            and _same(seen.expected[case], seen.actual[case], other, one)
            for case in seen.failing
        ):
            return f"`{one}` and `{other}` are exchanged."
    return None


def _same(expected: Answer, actual: Answer, name: str, other: str) -> bool:
    given = (actual.observed or {}).get(other)
    return compare(name, (expected.observed or {}).get(name), given) is None


def _transposed(seen: Seen) -> str | None:
    return _all(
        seen.arrays,
        lambda e, a: e.ndim >= 2 and a.ndim >= 2 and _equal(np.swapaxes(a, -1, -2), e) and not _equal(a, e),
        "is right, but transposed: its last two axes are exchanged",
    )


def _missing_axis(seen: Seen) -> str | None:
    return _all(
        seen.arrays,
        lambda e, a: e.shape != a.shape and e.size == a.size and _equal(a.reshape(e.shape), e),
        "has the right entries in another shape",
    )


def _scaled(seen: Seen) -> str | None:
    factors = [_factor(e, a) for pairs in seen.alike.values() for e, a in pairs if np.any(e != 0)]
    if not factors or None in factors or not _covers(seen, seen.alike):
        return None
    first = float(factors[0] or 0)
    if any(abs(float(factor or 0) - first) > 1e-6 * max(1, abs(first)) for factor in factors):
        return None
    if abs(first) < 1e-9:
        return "Every entry is 0."
    if abs(first + 1) < 1e-6:
        return "It is right up to its sign: every entry has the opposite one."
    return f"Every entry is {number(first, 4)} times the expected one."


def _factor(e: Array, a: Array) -> float | None:
    if (
        e.dtype.kind not in "fiu"
        or a.dtype.kind not in "fiu"
        or not (np.isfinite(e).all() and np.isfinite(a).all())
    ):
        return None
    at = np.unravel_index(np.argmax(np.abs(e)), e.shape)
    factor = float(a[at]) / float(e[at])
    return factor if _equal(a, e * factor) else None


def _offset(seen: Seen) -> str | None:
    if not _covers(seen, seen.alike):
        return None
    offsets = []
    for pairs in seen.alike.values():
        for e, a in pairs:
            if e.dtype.kind != "f" or e.size < 2:
                return None
            difference = a - e
            if not np.isfinite(difference).all() or np.ptp(difference) > 1e-9 * max(1, np.abs(e).max()):
                return None
            offsets.append(float(difference.flat[0]))
    if not offsets or np.ptp(offsets) > 1e-9:
        return None
    return f"Every entry is off by the same number, {number(offsets[0], 4)}."


def _shifted(seen: Seen) -> str | None:
    def late(e: Array, a: Array) -> bool:
        return len(e) > 1 and _equal(a[1:], e[:-1])

    def early(e: Array, a: Array) -> bool:
        return len(e) > 1 and _equal(a[:-1], e[1:])

    long = {name: [(e, a) for e, a in pairs if e.ndim and len(e) > 2] for name, pairs in seen.alike.items()}
    long = {name: pairs for name, pairs in long.items() if pairs}
    return (
        _all(long, late, "comes one step late: entry t holds what belongs to t - 1")
        or _all(long, early, "comes one step early: entry t holds what belongs to t + 1")
        or _all(long, lambda e, a: _equal(a[::-1], e), "is right, but in reversed order of time")
    )


def _blocks(seen: Seen) -> str | None:
    """Gates in another order, where an axis holds them one after the other."""
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
                        f"`{name}` holds the right gates in another order: what belongs to blocks "
                        f"1 to {count} along {axis_name} is found in blocks {blocks}."
                    )
    return None


def _reordered(array: Array, axis: int, count: int, order: Sequence[int]) -> Array:
    blocks = np.split(array, count, axis)
    return np.concatenate([blocks[place] for place in order], axis)


def _not_finite(seen: Seen) -> str | None:
    for name, pairs in seen.alike.items():
        if all(
            np.isfinite(e).all() and not np.isfinite(a).all() and _equal(a[np.isfinite(a)], e[np.isfinite(a)])
            for e, a in pairs
        ):
            return (
                f"`{name}` is right where it is finite; the rest overflowed, as an exponential "
                "written by hand does for large inputs."
            )
    return None


def _coarse(seen: Seen) -> str | None:
    """Right to the digits of float32 and no further."""
    if not _covers(seen, seen.alike):
        return None
    for pairs in seen.alike.values():
        for e, a in pairs:
            if e.dtype != np.float64 or not np.allclose(a, e, _FLOAT32_ERROR, _FLOAT32_ERROR):
                return None
    return (
        "The values agree to some six digits and no further: somewhere a part of it is computed in "
        "float32, or a small constant is added."
    )


def _counts(seen: Seen) -> str | None:
    """Whole numbers that are off by a size or by a factor that is one."""
    offs: list[dict[str, int]] = []
    factors: list[dict[str, int]] = []
    for case in seen.failing:
        sizes = seen.expected[case].sizes
        for name, value in (seen.expected[case].observed or {}).items():
            given = (seen.actual[case].observed or {}).get(name)
            if isinstance(value, int) and isinstance(given, int) and value != given:
                offs.append({n: (given - value) // s for n, s in sizes.items() if (given - value) % s == 0})
                factors.append({n: s for n, s in sizes.items() if given == value * s})
    if len(offs) < 2:
        return None
    for name in factors[0]:
        if all(name in found for found in factors):
            return f"The number is the expected one times {name}."
    for name, times in offs[0].items():
        if all(found.get(name) == times for found in offs):
            way = "more" if times > 0 else "less"
            count = "" if abs(times) == 1 else f"{abs(times)} times "
            return f"The number is {count}{name} {way} than expected, in every failing case."
    return None


def _sizes(
    expected: Mapping[int, Answer], actual: Mapping[int, Answer], failing: tuple[int, ...]
) -> str | None:
    """What the sizes of the failing cases have in common, and the others have not."""
    sizes = {case: answer.sizes for case, answer in expected.items() if answer.sizes}
    if len(sizes) < 4 or len(failing) == len(expected):
        return None
    wrong = {case for case in sizes if case in failing}
    equal = {case for case, found in sizes.items() if len(set(found.values())) == 1}
    if wrong == set(sizes) - equal and len(next(iter(sizes.values()))) > 1:
        return "It is right only where all sizes are equal: somewhere two sizes or two axes are mixed up."
    for name in next(iter(sizes.values())):
        one = {case for case, found in sizes.items() if found.get(name) == 1}
        if wrong and wrong == one:
            return f"It is wrong only where {name} is 1: is an axis of size 1 lost on the way?"
        if wrong and one and wrong == set(sizes) - one:
            return f"It is right only where {name} is 1."
    return None


def _first_step(seen: Seen) -> str | None:
    names = axes(seen.expected)
    for name, pairs in seen.alike.items():
        if names.get(name, ("",))[:1] and names[name][0] in _TIME:
            firsts = {_first_wrong(e, a) for e, a in pairs if len(e) > 1}
            if len(firsts) == 1 and (first := firsts.pop()) > 0:
                return f"`{name}` is right up to step {first}, counted from 1, and wrong from the next on."
    return None


def _first_wrong(e: Array, a: Array) -> int:
    return next((step for step in range(len(e)) if not _equal(a[step], e[step])), len(e))


def _all(
    pairs_by_name: Mapping[str, Sequence[tuple[Array, Array]]],
    holds: Callable[[Array, Array], bool],
    words: str,
) -> str | None:
    names = [name for name, pairs in pairs_by_name.items() if pairs and all(holds(e, a) for e, a in pairs)]
    if not names:
        return None
    return f"{' and '.join(f'`{name}`' for name in names[:3])} {words}."


def _covers(seen: Seen, found: Mapping[str, object]) -> bool:
    return bool(found) and set(found) == set(seen.wrong)


def _equal(a: Array, e: Array) -> bool:
    if a.shape != e.shape or a.dtype.kind == "b":
        return False
    allowed = max(tolerance(str(e.dtype)), 1e-12)
    return bool(np.allclose(a, e, allowed, allowed, equal_nan=True))


_RULES: tuple[Callable[[Seen], str | None], ...] = (
    _no_gradient,
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
