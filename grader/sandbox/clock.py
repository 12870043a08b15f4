"""Counts the time of a child: asleep, stopped or at work, but not while others keep the processors from it.

Nothing that a program does to itself may slow this clock. So what is left out is no state of the
process, of which a program can choose some. It is the time in which one of its threads wanted a
processor, as the kernel counts it, less the time in which any of its threads had one.
"""

import os
import time


class Clock:
    """Counts from now on; `look` keeps it right."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._wanted = self._used = 0.0

    @property
    def seconds(self) -> float:
        """The time until now."""
        return time.monotonic() - self._began - max(0.0, self._wanted - self._used)

    def look(self, pid: int, used: float, most: int) -> None:
        """See how `most` threads of a process have fared until now.

        `used` is the processor time of the whole process. What cannot be read changes nothing.
        """
        self._used = used
        self._wanted = max(self._wanted, _wanted(pid, most))


def _wanted(pid: int, most: int) -> float:
    """Return the most seconds that a thread ran or waited to run (proc(5), schedstat)."""
    longest = 0
    folder = f"/proc/{pid}/task"
    try:
        names = os.listdir(folder)[:most]
    except OSError:
        return longest
    for name in names:
        try:
            with open(f"{folder}/{name}/schedstat", "rb") as file:
                ran, waited, _ = map(int, file.read().split())
        except (OSError, ValueError):  # it has ended, or the kernel does not count
            continue
        longest = max(longest, ran + waited)
    return longest / 1e9
