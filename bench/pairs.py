"""Times two things side by side in one run, so that a busy machine slows both alike."""

import statistics
import time
from collections.abc import Callable


def seconds(act: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def pairs(first: Callable[[], object], second: Callable[[], object], runs: int) -> list[tuple[float, float]]:
    """Time both in turn, `runs` times; which goes first alternates."""
    timed = []
    for run in range(runs):
        if run % 2:
            b, a = seconds(second), seconds(first)
        else:
            a, b = seconds(first), seconds(second)
        timed.append((a, b))
    return timed


def report(names: tuple[str, str], timed: list[tuple[float, float]]) -> float:
    """Print medians and the ratio of each pair; return the median ratio."""
    ratios = [a / b for a, b in timed]
    for name, column in zip(names, zip(*timed, strict=True), strict=True):
        print(f"{name:<44} median {statistics.median(column) * 1000:8.1f} ms")
    middle = statistics.median(ratios)
    print(f"ratio: median {middle:.2f}, from {min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} pairs")
    return middle
