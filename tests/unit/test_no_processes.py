"""No unit test starts a process."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from no_processes import GUARD

STARTS: dict[str, Callable[[], object]] = {
    "subprocess": lambda: subprocess.run([sys.executable, "-c", ""]),
    "fork": os.fork,
    "posix_spawn": lambda: os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {}),
    "system": lambda: os.system("true"),
}


@pytest.mark.parametrize("way", STARTS)
def test_a_unit_test_that_starts_a_process_fails(way: str) -> None:
    with pytest.raises(RuntimeError, match="it belongs in tests/box"):
        STARTS[way]()
    assert GUARD.refused != []
    GUARD.refused.clear()
