"""The isolating back end: children forked from a zygote, watched from outside."""

import contextlib
import fcntl
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple

from grader.errors import MalformedMessage, SandboxError
from grader.guest.own_files import without_paths
from grader.guest.zygote import STATUS
from grader.sandbox.clock import Clock
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Hear, Level, Limits
from grader.sandbox.launch import Zygote, start
from grader.sandbox.submission_files import SubmissionFiles
from grader.sandbox.turns import Turns

_START_SECONDS = 120.0  # a first import of torch from a cold disk takes long
_FORK_SECONDS = 30.0
_KILL_SECONDS = 10.0
_LOOK_SECONDS = 0.05
"""How often the child's threads and its clock are read."""
_PATIENCE = 6
"""A time limit extends by this factor at most, for a child that waits for a processor."""
_TICKS = os.sysconf("SC_CLK_TCK")
_ENDED = "ZX"
"""States of a process that has ended (proc(5), stat)."""
_CHUNK = 1 << 16  # bytes
_PIPE = 1 << 20
"""Bytes that a child can write before it waits for the grader to read."""


class LinuxSandbox:
    """Forks a child from a warm zygote for each job. Levels `full` and `good`.

    The constructor returns at once, while the zygote still imports torch. `zygote` is one that was
    started already; a new one lets programs import `libraries`. Raises `SandboxError` if none can be started.
    """

    def __init__(self, level: Level, zygote: Zygote | None = None, libraries: Iterable[str] = ()) -> None:
        self.level = level
        self.not_isolated: tuple[str, ...] = ()
        if level is Level.GOOD:
            self.not_isolated = ("process and network namespaces of its own",)
        self._lock = threading.Lock()
        self._turns = Turns()
        self._base: tuple[int, int] | None = None
        self._zygote = zygote or start(level, libraries=libraries)
        self._control = self._zygote.control
        self._files = SubmissionFiles(self._zygote.submissions)
        self._ready = False

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        self._control.settimeout(_START_SECONDS)
        try:
            answer = self._control.recv(16)
        except OSError:
            answer = b""
        if answer != b"ready":
            raise SandboxError(f"The sandbox did not start. It said: {self._zygote.said() or 'nothing'}")
        self._control.settimeout(_FORK_SECONDS)
        self._ready = True

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[str]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self._files.holding(files)

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        with self._turns.sharing():
            return self._run_with(job, limits, hear, files)

    def alone(self) -> AbstractContextManager[None]:
        """See `grader.sandbox.contract.Sandbox`: all runs are lost if the zygote is."""
        return self._turns.alone()

    def _run_with(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        if not files:
            return self._run(job, limits, hear, "")
        with self.holding(files) as name:
            directory = f"{self._zygote.submissions_inside}/{name}"
            ending = self._run(job, limits, hear, directory)
        return replace(ending, output=without_paths(ending.output, directory))

    def _run(self, job: bytes, limits: Limits, hear: Hear, directory: str) -> Ending:
        ours, theirs = _pipes()
        try:
            with self._lock:  # no other thread may send an order before this one is answered
                self._wait_until_ready()
                pidfd = self._fork(theirs)
        except OSError:
            for descriptor in ours:
                os.close(descriptor)
            return Ending(End.LOST)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        orders, answers, printed, status = ours
        try:
            with contextlib.suppress(OSError):  # all pipes of a user share a limit
                fcntl.fcntl(answers, fcntl.F_SETPIPE_SZ, _PIPE)
            with contextlib.suppress(BrokenPipeError), open(orders, "wb") as writing:
                writing.write(self._bounds(pidfd, limits, directory) + job)
            run = _Run(pidfd, answers, printed, status, limits, hear)
            ending = run.watch()
            return replace(ending, processor_seconds=run.processor_seconds)
        finally:
            # If watching failed, the child still runs.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            for descriptor in (answers, printed, status, pidfd):
                os.close(descriptor)

    def _fork(self, descriptors: list[int]) -> int:
        socket.send_fds(self._control, [b"fork"], descriptors)
        answer, received, _, _ = socket.recv_fds(self._control, 16, 1)
        if answer != b"forked":
            raise ConnectionResetError("the zygote has gone")
        return received[0]

    def _bounds(self, pidfd: int, limits: Limits, directory: str) -> bytes:
        """Return the message with a child's limits, which come on top of the zygote's memory."""
        if self._base is None:
            self._base = _memory_of(pidfd)
        address_space, data = self._base
        # Not at the top: it imports numpy, and the zygote should start first.
        from grader.wire import pack

        fields = {
            "cpu": limits.cpu_seconds,
            "address_space": address_space + limits.memory,
            "data": data + limits.memory,
            "directory": directory,
        }
        return pack("limits", fields)

    def close(self) -> None:
        """End the zygote; children that still run die with it."""
        # Before it is ready it does not read orders: it would finish its import of torch first.
        self._zygote.close(patient=self._ready)


def _pipes() -> tuple[list[int], list[int]]:
    """Return both ends of four pipes (job, answers, printed, status): ours, then the child's."""
    pairs = [os.pipe() for _ in range(4)]
    ours = [pairs[0][1], *(reading for reading, _ in pairs[1:])]
    theirs = [pairs[0][0], *(writing for _, writing in pairs[1:])]
    return ours, theirs


def _pid_of(pidfd: int) -> int:
    """Return the process id behind a pidfd, -1 if it has been reaped."""
    with open(f"/proc/self/fdinfo/{pidfd}") as lines:
        return int(next(line.split()[1] for line in lines if line.startswith("Pid:")))


def _memory_of(pidfd: int) -> tuple[int, int]:
    """Return the sizes of a process's address space and data, in bytes (proc(5), statm)."""
    with open(f"/proc/{_pid_of(pidfd)}/statm") as file:
        pages = [int(number) for number in file.read().split()]
    size = os.sysconf("SC_PAGESIZE")
    return pages[0] * size, pages[5] * size


class _Stat(NamedTuple):
    """A process at one moment (proc(5), stat): state, processor time in seconds, number of threads."""

    state: str
    seconds: float
    threads: int


class _Span(NamedTuple):
    """A time limit: its seconds, its begin (monotonic), and the child's clock at that moment."""

    seconds: float
    began: float
    own: float = 0.0

    @property
    def earliest(self) -> float:
        """The earliest moment at which it can be reached."""
        return self.began + self.seconds

    def left(self, now: float, own: float | None) -> float:
        """Return the seconds left; `own` is the child's clock, None if the child has ended."""
        most = self.began + _PATIENCE * self.seconds - now
        return most if own is None else min(self.seconds - (own - self.own), most)


class _Run:
    """Watches one child until it has ended and everything that it wrote is read."""

    def __init__(
        self,
        pidfd: int,
        answers: int,
        printed: int,
        status: int,
        limits: Limits,
        hear: Hear,
    ) -> None:
        self._pidfd = pidfd
        self._open = {
            answers: self._take_answers,
            printed: self._take_printed,
            status: self._take_status,
        }
        self._limits = limits
        self._hear = hear
        self._output = bytearray()
        self._printed = 0
        self._end: End | None = None  # set if we ended it
        self._status: int | None = None
        self.processor_seconds = 0.0
        self._look_at = 0.0
        self._clock = Clock()
        self._whole = _Span(limits.task_seconds, time.monotonic())
        self._begin_check(limits.wall_seconds)

    def watch(self) -> Ending:
        poll = select.poll()
        for descriptor in self._open:
            poll.register(descriptor, select.POLLIN)
        while self._open:
            now = time.monotonic()
            if now >= self._look_at:
                self._look()
                self._look_at = now + _LOOK_SECONDS
            wait = min(self._deadline, self._look_at) - now
            for descriptor, _ in poll.poll(max(0, wait * 1000)):
                data = os.read(descriptor, _CHUNK)
                if data:
                    self._open[descriptor](data)
                else:
                    poll.unregister(descriptor)
                    del self._open[descriptor]
            # After reading: the child may have answered while this process waited for a processor.
            if self._open and time.monotonic() >= self._deadline:
                if self._end is not None:  # killed, but its pipes are still open
                    return Ending(End.LOST, 0, bytes(self._output))
                self._wait_longer()
        return self._ending()

    def _begin_check(self, seconds: float) -> None:
        self._check = _Span(seconds, time.monotonic(), self._clock.seconds)
        self._deadline = min(self._check.earliest, self._whole.earliest)

    def _wait_longer(self) -> None:
        """Extend the deadline if the child has ended or waited for a processor; kill it otherwise."""
        found = self._look()
        ended = found is None or (found.state in _ENDED and found.threads == 1)
        now, own = time.monotonic(), None if ended else self._clock.seconds
        of_check, of_task = self._check.left(now, own), self._whole.left(now, own)
        if self._end is None and min(of_check, of_task) <= 0:
            self._kill(End.TASK if of_task < of_check else End.WALL)
        elif self._end is None:
            self._deadline = now + min(of_check, of_task)

    def _look(self) -> _Stat | None:
        """Return the child's state, None if it has ended; count its threads and update its clock."""
        found = self._stat()
        if found is not None and self._end is None:
            if found.threads > self._limits.threads:
                self._kill(End.THREADS)
            self._clock.look(_pid_of(self._pidfd), found.seconds, self._limits.threads)
        return found

    def _stat(self) -> _Stat | None:
        """Return the child's state from the kernel, None if it has ended."""
        try:
            # Read as bytes: the name in brackets is chosen by the program and may not be UTF-8.
            with open(f"/proc/{_pid_of(self._pidfd)}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        return _Stat(fields[0].decode(), (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[17]))

    def _take_answers(self, data: bytes) -> None:
        if self._end is not None:
            return  # after a kill, nothing more is accepted
        try:
            seconds = self._hear(data)
        except MalformedMessage:
            self._kill(End.REFUSED)
        else:
            if seconds is not None:
                self._begin_check(seconds)

    def _take_printed(self, data: bytes) -> None:
        self._printed += len(data)
        self._output += data[: OUTPUT_KEPT - len(self._output)]
        if self._printed > self._limits.output and self._end is None:
            self._kill(End.OUTPUT)

    def _take_status(self, data: bytes) -> None:
        self._status, self.processor_seconds = STATUS.unpack(data)

    def _kill(self, end: End) -> None:
        self._end = end
        self._deadline = time.monotonic() + _KILL_SECONDS
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _ending(self) -> Ending:
        output = bytes(self._output)
        seconds = self._clock.seconds
        if self._status is None:
            return Ending(End.LOST, 0, output)
        if self._end is not None:
            return Ending(self._end, 0, output, seconds)
        if os.WIFEXITED(self._status):
            code = os.WEXITSTATUS(self._status)
            return Ending(End.DONE if code == 0 else End.EXIT, code, output, seconds)
        code = os.WTERMSIG(self._status)
        return Ending(End.CPU if code == signal.SIGXCPU else End.SIGNAL, code, output, seconds)
