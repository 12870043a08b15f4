"""The contract of a sandbox back end; `grader.sandbox.conformance` tests it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol


@dataclass(frozen=True)
class Limits:
    """Limits of one run. Sizes are in bytes, times in seconds."""

    wall_seconds: float = 10.0
    """From one check to the next, the import included. Waiting for a processor does not count.

    A check may have a limit of its own instead; see `Hear`."""
    task_seconds: float = 30.0
    """For one task: all its checks and every restart together, counted in the same way."""
    submission_seconds: float = 120.0
    """For all tasks of one submission together."""
    cpu_seconds: int = 60
    """Processor time of the whole run."""
    memory: int = 1 << 30
    """In addition to the interpreter with torch loaded."""
    output: int = 16 << 20
    """Printed text; its beginning is kept."""
    message: int = 16 << 20
    """One answer."""
    answers: int = 64 << 20
    """All answers of one run."""
    threads: int = 16
    class_memory: int | None = None
    """All children together while a class is graded; None for half of the machine's memory."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


class Level(StrEnum):
    """How well a run is isolated."""

    FULL = "full"  # namespaces, Landlock and seccomp
    GOOD = "good"  # Landlock and seccomp
    NONE = "none"  # a process of its own, limits of time and memory


class End(StrEnum):
    """Why a run is over."""

    DONE = "done"  # the process ended by itself with exit code 0
    EXIT = "exit"  # ... with another exit code
    SIGNAL = "signal"
    WALL = "wall"  # too long between one check and the next
    TASK = "task"  # too long in all
    CPU = "cpu"
    OUTPUT = "output"
    MEMORY = "memory"  # found from outside: with isolation, an allocation beyond the limit fails instead
    THREADS = "threads"
    REFUSED = "refused"  # the listener refused a message
    LOST = "lost"  # the sandbox failed, which is our fault


@dataclass(frozen=True)
class Ending:
    """How a run ended. `code` is the exit code, or the signal number if `end` is SIGNAL."""

    end: End
    code: int = 0
    output: bytes = b""
    """The beginning of what was printed."""
    seconds: float = field(default=0.0, compare=False)
    """The time that the run took, waiting for a processor not included."""
    processor_seconds: float = field(default=0.0, compare=False)
    """The processor time of the process, as the kernel counts it; `seconds` if a back end cannot tell."""


Hear = Callable[[bytes], float | None]
"""Takes bytes of a run's answers. If a new check begins, the clock starts again: returns the seconds that the
check may take. Otherwise returns None.

Raises `MalformedMessage` to end the run at once.
"""


class Sandbox(Protocol):
    """A back end: runs the worker on jobs, each in a separate process."""

    level: Level
    not_isolated: tuple[str, ...]
    """The layers that this back end lacks, in words."""

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """Run the worker on `job` until it ends or a limit is reached; no process or file of it stays.

        `files` are written to a directory of their own, which is the working directory.
        `limits.task_seconds` is the time for this whole run.
        """

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        """Write `files` once for all runs inside this context that get the same mapping."""

    def alone(self) -> AbstractContextManager[object]:
        """Let no other thread's run overlap with those in this context, so that none can end them."""

    def close(self) -> None:
        """End the processes that wait for the next run."""


OUTPUT_KEPT = 64 << 10
"""Bytes of printed text that an `Ending` keeps."""
