"""The places where a process holds its memory become huge pages, and what lies there stays the same."""

from pathlib import Path

import pytest
from forked import inside

from grader.sandbox.memory import HugePages

KERNEL = Path("/sys/kernel/mm/transparent_hugepage/enabled")

pytestmark = pytest.mark.skipif(
    not KERNEL.exists() or "[never]" in KERNEL.read_text(), reason="a kernel without huge pages"
)


def huge() -> int:
    """Return how many KiB of this process lie in huge pages."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))


def grown(step: str) -> str:
    """Return whether there is more in huge pages after a step, and whether the things are the same."""

    def act() -> object:
        things = [[number] for number in range(500_000)]
        pages = HugePages()
        before = huge()
        getattr(pages, step)()
        return huge() > before, things == [[number] for number in range(500_000)]

    return inside(act)


@pytest.mark.parametrize("step", ["collapse_all", "collapse_next"])
def test_memory_comes_to_lie_in_huge_pages_and_is_the_same(step: str) -> None:
    assert grown(step) == "(True, True)"


def test_a_place_is_done_again_after_the_others() -> None:
    def act() -> object:
        pages = HugePages()
        pages.collapse_all()
        held = list(pages._places)
        for _ in held:
            pages.collapse_next()
        return (len(held) > 1, list(pages._places) == held)

    assert inside(act) == "(True, True)"


def test_where_there_is_nothing_left_a_step_does_nothing() -> None:
    def act() -> object:
        pages = HugePages()
        pages._places.clear()
        pages.collapse_all()
        pages.collapse_next()
        return list(pages._places)

    assert inside(act) == "[]"
