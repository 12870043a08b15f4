"""A pytest plugin: a test in `tests/unit` that starts a process fails, with the event that shows it.

An audit hook hears of each start, whichever library makes it. A hook cannot be taken away again, so it
stays and is quiet while no unit test runs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "unit"
STARTS = frozenset(
    ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen")
)


class Guard:
    """Refuses to start a process while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.refused: list[str] = []

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Raise for an event that starts a process, and keep it in case the exception is caught."""
        if self.on and event in STARTS:
            self.refused.append(event)
            raise RuntimeError(f"a unit test starts a process ({event}): it belongs in tests/box")


GUARD = Guard()
sys.addaudithook(GUARD.hear)


def is_unit(item: pytest.Item) -> bool:
    """Return whether an item lies in `tests/unit`."""
    return UNIT in item.path.parents


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Watch a unit test with its fixtures."""
    GUARD.on = is_unit(item)
    try:
        return (yield)
    finally:
        GUARD.on = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a unit test that caught the exception of the guard."""
    GUARD.refused.clear()
    result = yield
    if GUARD.refused:
        pytest.fail(f"a unit test starts a process ({GUARD.refused[0]}): it belongs in tests/box")
    return result
