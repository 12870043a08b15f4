"""What every back end of the sandbox promises; `grader.sandbox.conformance` holds it to that."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol


@dataclass(frozen=True)
class Limits:
    """What one run may use. Sizes are bytes, times seconds."""

    wall_seconds: float = 10.0
    """Between one check and the next, import included. Waiting for a processor does not count."""
    task_seconds: float = 30.0
    """In one task, all its checks and every restart together, counted in the same way."""
    submission_seconds: float = 120.0
    """In all tasks of one submission together."""
    cpu_seconds: int = 60
    """In the whole run."""
    memory: int = 1 << 30
    """On top of the interpreter with torch loaded."""
    output: int = 16 << 20
    """Of printed text; its beginning is kept."""
    message: int = 16 << 20
    """Of one answer."""
    answers: int = 64 << 20
    """Of all answers of one run."""
    threads: int = 16
    class_memory: int | None = None
    """Of all children at once, while a class is graded; None for half of what the machine has."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


class Level(StrEnum):
    """How well a run is isolated."""

    FULL = "full"  # namespaces, Landlock and seccomp
    GOOD = "good"  # Landlock and seccomp
    NONE = "none"  # a process of its own and a time limit


class End(StrEnum):
    """Why a run is over."""

    DONE = "done"  # the process ended by itself with exit code 0
    EXIT = "exit"  # ... with another exit code
    SIGNAL = "signal"
    WALL = "wall"  # too long between one check and the next
    TASK = "task"  # too long in all
    CPU = "cpu"
    OUTPUT = "output"
    THREADS = "threads"
    REFUSED = "refused"  # the listener did not believe a message
    LOST = "lost"  # the box failed; nobody's fault but ours


@dataclass(frozen=True)
class Ending:
    """How a run ended. `code` is the exit code or the number of the signal."""

    end: End
    code: int = 0
    output: bytes = b""
    """The beginning of what was printed."""
    seconds: float = field(default=0.0, compare=False)
    """The time that the run took, without that in which others had the processors."""


Hear = Callable[[bytes], bool]
"""Takes bytes of a run's answers, and returns whether a new check begins, so that the clock starts again.

Raises `MalformedMessage` to end the run at once.
"""


class Sandbox(Protocol):
    """A back end: runs jobs for the worker, each in a process of its own."""

    level: Level
    not_isolated: tuple[str, ...]
    """What this back end does not keep a program from, in words."""

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """Run the worker on `job`, beside `files`, until it ends or a limit is reached; nothing of it stays.

        `files` lie in a directory of their own, which the program works in. `limits.task_seconds` is
        what this run may take, from its begin to its end.
        """

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[object]:
        """Have `files` written once for all runs in this context that get the same mapping."""

    def close(self) -> None:
        """End what is kept ready for the next run."""


OUTPUT_KEPT = 64 << 10
