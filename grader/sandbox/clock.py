"""Counts the time of a child: asleep, stopped or at work, but not while others keep the processors from it.

Nothing that a program does to itself may slow this clock. So what is left out is no state of the
process, of which a program can choose some, but the time that one of its threads stood in the queue
of a processor, as the kernel counts it, less the time that its other threads had a processor.
"""

import os
import time


class Clock:
    """Counts from now on; `look` keeps it right."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._threads: dict[str, tuple[int, int]] = {}
        self._waited = self._ran = 0
        """Nanoseconds of the thread that waited longest between two looks, summed up over all looks."""
        self._used = 0.0

    @property
    def seconds(self) -> float:
        """The time until now."""
        ran_meanwhile = max(0.0, self._used - self._ran / 1e9)
        return time.monotonic() - self._began - max(0.0, self._waited / 1e9 - ran_meanwhile)

    def look(self, pid: int, used: float, most: int) -> None:
        """See how `most` threads of a process have fared since the last look.

        `used` is the processor time of the whole process until now. What cannot be read changes nothing.
        """
        before, self._threads = self._threads, _threads(pid, most)
        spent = [
            (waited - before.get(thread, (0, 0))[0], ran - before.get(thread, (0, 0))[1])
            for thread, (waited, ran) in self._threads.items()
        ]
        waited, ran = max(spent, default=(0, 0))
        self._waited += waited
        self._ran += ran
        self._used = used


def _threads(pid: int, most: int) -> dict[str, tuple[int, int]]:
    """Return how long each thread has waited and run, in nanoseconds (proc(5), schedstat)."""
    found: dict[str, tuple[int, int]] = {}
    folder = f"/proc/{pid}/task"
    try:
        names = os.listdir(folder)[:most]
    except OSError:
        return found
    for name in names:
        try:
            with open(f"{folder}/{name}/schedstat", "rb") as file:
                ran, waited, _ = file.read().split()
        except (OSError, ValueError):  # it has ended, or the kernel does not count
            continue
        found[name] = int(waited), int(ran)
    return found
