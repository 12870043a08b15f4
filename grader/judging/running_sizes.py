"""Says on which sizes a program runs that raises an exception on others.

The evidence are the cases of all checks in which the exception leaves the same line. What is said holds in
each of them, and nothing is said if two conditions fit equally well.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping

from grader.results.message import Message
from grader.wire import Answer, Frame, Raised

_LEAST_RAISING = 2
"""Cases of different sizes that must raise before anything is said."""

_ALL_EQUAL = Message.of("runs_for_equal_sizes")

Answers = Mapping[str, Mapping[int, Answer]]
Sizes = Mapping[str, int]


def where_it_runs(error: Raised, expected: Answers, actual: Answers) -> Message | None:
    """Return on which sizes the line that raised `error` runs, None if the cases do not show it."""
    if not error.frames:
        return None
    raising: list[Sizes] = []
    running: list[Sizes] = []
    for check, by_case in actual.items():
        if not any(_is_same(answer.raised, error) for answer in by_case.values()):
            continue  # it may never reach the line
        for case, answer in by_case.items():
            sizes = expected[check][case].sizes if case in expected.get(check, {}) else {}
            if answer.raised is None:
                running.append(sizes)
            elif _is_same(answer.raised, error):
                raising.append(sizes)
    if not running or len({tuple(sorted(sizes.items())) for sizes in raising}) < _LEAST_RAISING:
        return None
    names = set.intersection(*(set(sizes) for sizes in (*running, *raising)))
    found = [
        message
        for holds, message in _conditions(sorted(names))
        if all(map(holds, running)) and not any(map(holds, raising))
    ]
    if found[:1] == [_ALL_EQUAL] and all(one.id == "runs_for_equal" for one in found[1:]):
        return _ALL_EQUAL  # says the least of those that hold
    return found[0] if len(found) == 1 else None


def _conditions(names: list[str]) -> Iterator[tuple[Callable[[Sizes], bool], Message]]:
    if len(names) > 2:
        yield lambda sizes: len({sizes[name] for name in names}) == 1, _ALL_EQUAL
    for one, other in itertools.combinations(names, 2):
        yield _equal(one, other), Message.of("runs_for_equal", one=one, other=other)
    for name in names:
        yield _is_one(name), Message.of("runs_for_one", size=name)
        yield _is_more(name), Message.of("raises_for_one", size=name)


def _equal(one: str, other: str) -> Callable[[Sizes], bool]:
    return lambda sizes: sizes[one] == sizes[other]


def _is_one(name: str) -> Callable[[Sizes], bool]:
    return lambda sizes: sizes[name] == 1


def _is_more(name: str) -> Callable[[Sizes], bool]:
    return lambda sizes: sizes[name] > 1


def _is_same(raised: Raised | None, error: Raised) -> bool:
    """Whether an exception is of the same class and left the same line of the student's."""
    return raised is not None and raised.kinds[0] == error.kinds[0] and _place(raised) == _place(error)


def _place(error: Raised) -> Frame | None:
    return error.frames[-1] if error.frames else None
