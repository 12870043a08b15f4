"""The clock of a child process: wall time, less the time in which it waited for a processor.

Working, sleeping and being stopped all count, so nothing that a program does to itself slows its clock. Only
load from other programs does. The clock takes the kernel's count of the longest time that a thread ran or
waited to run, less the processor time of all threads: what remains is waiting.
"""

import os
import time


class Clock:
    """Counts from its creation; `look` updates what is left out."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._wanted = self._used = 0.0

    @property
    def seconds(self) -> float:
        """The time so far."""
        return time.monotonic() - self._began - max(0.0, self._wanted - self._used)

    def look(self, pid: int, used: float, most: int) -> None:
        """Read the run and wait times of a process, from at most `most` of its threads.

        `used` is the processor time of the whole process, in seconds. A file that cannot be read changes
        nothing.
        """
        self._used = used
        self._wanted = max(self._wanted, _wanted(pid, most))


def _wanted(pid: int, most: int) -> float:
    """Return the longest time, in seconds, that a thread ran or waited to run (proc(5), schedstat)."""
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
        except (OSError, ValueError):  # the thread has ended, or the kernel keeps no count
            continue
        longest = max(longest, ran + waited)
    return longest / 1e9
