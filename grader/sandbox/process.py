"""The back end without isolation: a new process with time limits, for checking one's own work.

It runs on every system with Python. A program in it can reach the machine's files and network.
"""

import contextlib
import math
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO

from grader import programs
from grader.errors import MalformedMessage
from grader.guest.own_files import without_paths
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Level, Limits
from grader.sandbox.submission_files import SubmissionFiles, SubmissionsDirectory

_START_SECONDS = 60.0  # importing torch is not the student's time
_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 2.0
"""How long output is read after the process has ended: another process may keep its pipes open."""
_ROUNDS = 100
"""How many times leftover processes are searched: one may start others before it is killed."""
_ROUND_SECONDS = 0.01
_MOST_ENVIRONMENT = 1 << 20
_MARK = "GRADER_RUN"
"""Environment variable that marks a run; every process that it starts inherits it."""
_PROGRAM = "from grader.sandbox.process import live; live(int(sys.argv[1]), sys.argv[2])"


class ProcessSandbox:
    """Starts a new interpreter for each job. Level `none`."""

    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = (
        "files of this machine",
        "the network",
        "other processes",
        "memory and processor time beyond the time limit",
    )

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: set[_Run] = set()
        self._closed = False
        self._submissions = SubmissionsDirectory()
        self._files = SubmissionFiles(self._submissions.path)

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[str]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self._files.holding(files)

    def run(
        self, job: bytes, limits: Limits, hear: Callable[[bytes], bool], files: Mapping[str, bytes]
    ) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        with self.holding(files) as name:
            directory = os.path.join(self._submissions.path, name)
            ending = self._run(job, limits, hear, directory)
        return replace(ending, output=without_paths(ending.output, directory))

    def _run(self, job: bytes, limits: Limits, hear: Callable[[bytes], bool], directory: str) -> Ending:
        with self._lock:
            if self._closed:
                return Ending(End.LOST)
            run = _Run(limits, hear, directory)
            self._runs.add(run)
        try:
            return run.watch(job)
        finally:
            run.end()
            with self._lock:
                self._runs.remove(run)

    def close(self) -> None:
        """End all runs and remove their files; no new run can start."""
        with self._lock:
            self._closed = True
            for run in self._runs:
                run.end()
        self._submissions.close()


class _Run:
    """One process, with every process that it starts."""

    def __init__(self, limits: Limits, hear: Callable[[bytes], bool], directory: str) -> None:
        mark = secrets.token_hex(16)
        self._mark = f"{_MARK}={mark}".encode()
        self._process = subprocess.Popen(
            programs.python(_PROGRAM, str(os.getpid()), directory),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=_environment() | {_MARK: mark},
        )
        self._limits = limits
        self._hear = hear
        self._output = bytearray()
        self._printed = 0
        self._clock = _Clock(limits)
        self._grace_ends = math.inf
        self._over = threading.Event()
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=64)

    def watch(self, job: bytes) -> Ending:
        """Send the job and read until the process ends or a limit is reached."""
        return replace(self._watch(job), seconds=self._clock.seconds)

    def _watch(self, job: bytes) -> Ending:
        assert self._process.stdin and self._process.stdout and self._process.stderr
        for name, stream in (("answers", self._process.stdout), ("printed", self._process.stderr)):
            threading.Thread(target=self._pump, args=(name, stream), daemon=True).start()
        with contextlib.suppress(BrokenPipeError), self._process.stdin as orders:
            orders.write(job)  # if it has ended, the code below finds out how
        streams = 2
        while streams:
            if self._grace_ends == math.inf and self._process.poll() is not None:
                self._kill()  # what it started may keep its pipes open
                self._grace_ends = time.monotonic() + _GRACE_SECONDS
            if time.monotonic() >= self._deadline and self._heard.empty():
                break
            try:
                name, data = self._heard.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            if not data:
                streams -= 1
                continue
            limit = self._print(data) if name == "printed" else self._answer(data)
            if limit is not None:
                return self._ending(limit)
        try:
            code = self._process.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return self._ending(self._clock.end)
        if code < 0:
            return self._ending(End.SIGNAL, -code)
        return self._ending(End.EXIT if code else End.DONE, code)

    @property
    def _deadline(self) -> float:
        """When reading stops, on the clock of time.monotonic()."""
        return self._clock.deadline if self._grace_ends == math.inf else self._grace_ends

    def _print(self, data: bytes) -> End | None:
        self._printed += len(data)
        self._output += data[: OUTPUT_KEPT - len(self._output)]
        return End.OUTPUT if self._printed > self._limits.output else None

    def _answer(self, data: bytes) -> End | None:
        self._clock.start()
        try:
            if self._hear(data):
                self._clock.begin_check()
        except MalformedMessage:
            return End.REFUSED
        return None

    def _ending(self, end: End, code: int = 0) -> Ending:
        return Ending(end, code, bytes(self._output))

    def _pump(self, name: str, stream: IO[bytes]) -> None:
        """Move data from `stream` to the queue; an empty piece marks its end.

        Only this thread closes the stream: a process that survived may keep it open, and close() would wait.
        """
        with stream:
            while (data := stream.read1(1 << 16)) and not self._over.is_set():  # type: ignore[attr-defined]
                self._heard.put((name, data))
        self._heard.put((name, b""))

    def end(self) -> None:
        """Kill the process and all that it started, and stop reading."""
        self._over.set()
        self._kill()
        self._process.wait()
        with contextlib.suppress(queue.Empty):  # a thread may wait for room in the queue
            while True:
                self._heard.get_nowait()

    def _kill(self) -> None:
        self._process.kill()
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):  # the group is empty
                os.killpg(self._process.pid, signal.SIGKILL)
        # A process in a session of its own is outside the group, but it has inherited the environment.
        for _ in range(_ROUNDS if sys.platform == "linux" else 0):
            if not _kill_marked(self._mark):
                return
            time.sleep(_ROUND_SECONDS)


def _kill_marked(mark: bytes) -> bool:
    """Kill each process with `mark` in its environment (proc(5)); return whether there was one."""
    found = False
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended, or belongs to another user
            descriptor = os.pidfd_open(int(name))
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    marked = mark in file.read(_MOST_ENVIRONMENT).split(b"\0")
                if marked:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                    found = True
            finally:
                os.close(descriptor)
    return found


class _Clock:
    """The time limits of a program, counted from its first message."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = math.inf
        self._check_ends = time.monotonic() + limits.wall_seconds + _START_SECONDS

    @property
    def deadline(self) -> float:
        """When the program is killed, on the clock of time.monotonic()."""
        return min(self._check_ends, self._began + self._limits.task_seconds)

    @property
    def end(self) -> End:
        """The limit that is reached then."""
        return End.WALL if self._check_ends == self.deadline else End.TASK

    @property
    def seconds(self) -> float:
        """Seconds since the first message."""
        return max(0.0, time.monotonic() - self._began)

    def start(self) -> None:
        """Note that a message arrived."""
        self._began = min(self._began, time.monotonic())

    def begin_check(self) -> None:
        """Restart the limit of a check."""
        self._check_ends = time.monotonic() + self._limits.wall_seconds


def _environment() -> dict[str, str]:
    """Return the few variables that a process needs to start; our tokens and passwords are not passed on."""
    needed = ("HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
    known = {name: os.environ[name] for name in needed if name in os.environ}
    return known | {"PATH": programs.search_path()}


def live(parent: int, directory: str) -> None:
    """Run as the process in `directory`: read the job from standard input, answer on standard output.

    On Linux the kernel ends it together with `parent`.
    """
    if sys.platform == "linux":
        from grader.guest.confine import die_with

        die_with(parent)
    import torch

    from grader.guest.loading import import_worker, writer
    from grader.wire import unpack

    answers = os.dup(1)
    os.dup2(2, 1)  # printed text goes to stderr, so it cannot mix with the answers
    torch.set_num_threads(1)
    worker = import_worker()
    (order,) = unpack(sys.stdin.buffer.read())
    sys.dont_write_bytecode = True
    os.chdir(directory)
    worker.serve(order, writer(answers), directory)
    sys.stdout.flush()
