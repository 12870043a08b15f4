"""Processors and memory of this machine that child processes may use."""

import contextlib
import os
import sys
from pathlib import Path

from grader.sandbox.contract import Limits


def processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def children(limits: Limits) -> int:
    """Return how many children may run at once within `class_memory`, at least one.

    Without that limit, half of this machine's memory counts; if that is unknown, there is no limit.
    """
    most = limits.class_memory
    if most is None:
        whole = memory()
        if whole is None:
            return sys.maxsize
        most = whole // 2
    return max(1, most // limits.memory)


def memory(processes: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the bytes of memory that this process and its children may use, None if that is not known."""
    found = _of_groups(processes, groups)
    with contextlib.suppress(AttributeError, ValueError, OSError):  # not on every system
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min((size for size in found if size > 0), default=None)


def _of_groups(processes: Path, groups: Path) -> list[int]:
    """Return the limits of the control groups that this process is in (cgroups(7), versions 1 and 2)."""
    try:
        lines = (processes / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = top / path.lstrip("/")
        # In a container the line names a path on the host, while the container sees its group at the top.
        for folder in {top, group, *(parent for parent in group.parents if parent.is_relative_to(top))}:
            with contextlib.suppress(OSError, ValueError):  # not there, or "max"
                found.append(int((folder / name).read_text()))
    return found
