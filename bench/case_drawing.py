"""Planned cases beside Hypothesis's, on the mistakes of a task: what finds a counterexample faster?

    python bench/case_drawing.py [TASK]

Both put the same checks to the solution and to each mistake in one process, unprotected, and both
stop at the first difference. The plan takes sizes from `Case`; Hypothesis draws the four sizes from
1 to 12 and a seed, 100 examples at most, derandomized, and shrinks what it finds.
"""

import sys
import time
import types
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from grader.assignment.loader import bundled, read_assignment
from grader.authoring.case import Case
from grader.authoring.task import Check, Task

_SIZES = st.lists(st.integers(1, 12), min_size=4, max_size=4)


class _Sized(Case):
    """A case whose sizes are given."""

    def __init__(self, check: Check, seed: int, sizes: list[int]) -> None:
        super().__init__(check.name, 0, seed, getattr(torch, check.dtype))
        self._given_sizes = sizes

    def _size(self, place: int) -> int:
        return self._given_sizes[place % 4]


def _load(name: str, source: str) -> types.ModuleType:
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, name, "exec"), vars(module))
    return module


def _seen(check: Check, module: Any, case: Case) -> Any:
    try:
        return check(module, case), case.changed()
    except Exception as error:
        return type(error).__name__


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, 1e-9, 1e-9)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and bool(a == b)


def main() -> None:
    """Print how many mistakes each finds, in what time."""
    name = sys.argv[1] if len(sys.argv) > 1 else "lstm_cell"
    torch.set_num_threads(1)
    (task,) = read_assignment(bundled()).only((name,))
    checks = next(v for v in vars(_load("checks", task.checks)).values() if isinstance(v, Task))
    solution = _load("solution", task.solution)
    found = dict.fromkeys(_FIND, 0)
    seconds = dict.fromkeys(_FIND, 0.0)
    for mistake in task.mistakes:
        wrong = _load("wrong", mistake.source)
        for way, differs in _FIND.items():
            begun = time.perf_counter()
            found[way] += any(differs(check, solution, wrong) for check in checks.checks.values())
            seconds[way] += time.perf_counter() - begun
    for way in _FIND:
        print(f"{way:<12} {found[way]} of {len(task.mistakes)} mistakes found, {seconds[way]:6.2f} s")


def _planned(check: Check, solution: Any, wrong: Any) -> bool:
    for number in range(check.cases):
        cases = [Case(check.name, number, 1, getattr(torch, check.dtype)) for _ in range(2)]
        if not _same(_seen(check, solution, cases[0]), _seen(check, wrong, cases[1])):
            return True
    return False


def _hypothesis(check: Check, solution: Any, wrong: Any) -> bool:
    def differs(drawn: tuple[list[int], int]) -> bool:
        sizes, seed = drawn
        return not _same(
            _seen(check, solution, _Sized(check, seed, sizes)),
            _seen(check, wrong, _Sized(check, seed, sizes)),
        )

    limits = settings(
        max_examples=100,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(st.tuples(_SIZES, st.integers(0, 2**32)), differs, settings=limits)
    except NoSuchExample:
        return False
    return True


_FIND = {"planned": _planned, "hypothesis": _hypothesis}


if __name__ == "__main__":
    main()
