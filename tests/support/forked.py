"""Tries in a process that ends at once what cannot be taken back."""

import os
from collections.abc import Callable


def inside(act: Callable[[], object]) -> str:
    """Return what `act` returns, or the name of what it raises, in a process of its own."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            said = str(act())
        except BaseException as error:
            said = type(error).__name__
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as heard:
        found = heard.read().decode()
    os.waitpid(pid, 0)
    return found
