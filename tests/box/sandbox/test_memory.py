"""The memory of a process comes to lie in huge pages, and what lies there stays the same."""

from pathlib import Path

import pytest
from forked import inside

from grader.guest.memory import collapse

KERNEL = Path("/sys/kernel/mm/transparent_hugepage/enabled")

pytestmark = pytest.mark.skipif(
    not KERNEL.exists() or "[never]" in KERNEL.read_text(), reason="a kernel without huge pages"
)


def huge() -> int:
    """Return how many KiB of this process lie in huge pages."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))


def test_memory_comes_to_lie_in_huge_pages_and_is_the_same() -> None:
    def act() -> object:
        things = [[number] for number in range(500_000)]
        before = huge()
        collapse()
        return huge() > before, things == [[number] for number in range(500_000)]

    assert inside(act) == "(True, True)"
