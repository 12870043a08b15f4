"""The back end without isolation: a new process with limits of time and memory, for checking one's own work.

It runs on every system with Python. A program in it can reach the machine's files and network.

Importing torch takes a second or more. So processes are started ahead: one that waits has imported torch, and
has seen no program.
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
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import IO

import psutil

from grader import programs
from grader.errors import MalformedMessage
from grader.guest.own_files import without_paths
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Hear, Level, Limits
from grader.sandbox.submission_files import SubmissionFiles, SubmissionsDirectory
from grader.wire import pack

_START_SECONDS = 60.0  # importing torch is not the student's time
_LOOK_SECONDS = 0.05
_MEMORY_SECONDS = 0.1
"""Time between two looks at the memory of a program."""
_GRACE_SECONDS = 2.0
"""How long output is read after the process has ended: another process may keep its pipes open."""
_ROUNDS = 100
"""How many times leftover processes are searched: one may start others before it is killed."""
_ROUND_SECONDS = 0.01
_MOST_ENVIRONMENT = 1 << 20
_PARENT_SECONDS = 1.0
_MARK = "GRADER_RUN"
"""Environment variable that marks a run; every process that it starts inherits it."""
_PROGRAM = "from grader.sandbox.process import live; live(int(sys.argv[1]))"
_READY = b"\n"
"""What a process writes when it waits for its job."""


class ProcessSandbox:
    """Has a new interpreter for each job; `ahead` of them are started before they are needed."""

    level: Level = Level.NONE
    not_isolated: tuple[str, ...] = ("files of this machine", "the network", "other processes")

    def __init__(self, ahead: int = 0) -> None:
        self._lock = threading.Lock()
        self._runs: set[_Run] = set()
        self._closed = False
        self._submissions = SubmissionsDirectory()
        self._files = SubmissionFiles(self._submissions.path)
        # Linux ends a process together with the thread that started it, so one thread starts them all.
        self._starter = ThreadPoolExecutor(1, "starter")
        self._ahead: list[Future[_Process]] = [self._starter.submit(_Process) for _ in range(ahead)]

    def holding(self, files: Mapping[str, bytes]) -> AbstractContextManager[str]:
        """See `grader.sandbox.contract.Sandbox`."""
        return self._files.holding(files)

    def alone(self) -> AbstractContextManager[None]:
        """See `grader.sandbox.contract.Sandbox`: each run has a process that no other run can end."""
        return contextlib.nullcontext()

    def run(self, job: bytes, limits: Limits, hear: Hear, files: Mapping[str, bytes]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        with self.holding(files) as name:
            directory = os.path.join(self._submissions.path, name)
            ending = self._run(job, limits, hear, directory)
        return replace(ending, output=without_paths(ending.output, directory))

    def _run(self, job: bytes, limits: Limits, hear: Hear, directory: str) -> Ending:
        with self._lock:
            if self._closed:
                return Ending(End.LOST)
            self._ahead.append(self._starter.submit(_Process))
            process = self._ahead.pop(0).result()
            run = _Run(process, limits, hear)
            self._runs.add(run)
        try:
            return run.watch(pack("directory", {"path": directory}) + job)
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
            for process in self._ahead:
                process.result().discard()
            self._ahead.clear()
        self._starter.shutdown()
        self._submissions.close()


class _Process:
    """A new process, which imports torch and then waits for its job."""

    def __init__(self) -> None:
        mark = secrets.token_hex(16)
        self._mark = f"{_MARK}={mark}".encode()
        self.popen = subprocess.Popen(
            programs.python(_PROGRAM, str(os.getpid())),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=_environment() | {_MARK: mark},
        )

    def kill(self) -> None:
        """Kill it with every process that it started, as far as they can be found."""
        started = [] if sys.platform == "linux" else _started_by(self.popen.pid)
        self.popen.kill()
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):  # the group is empty
                os.killpg(self.popen.pid, signal.SIGKILL)
        for process in started:
            with contextlib.suppress(psutil.Error):
                process.kill()
        # A process in a session of its own is outside the group, but it has inherited the environment.
        for _ in range(_ROUNDS if sys.platform == "linux" else 0):
            if not _kill_marked(self._mark):
                return
            time.sleep(_ROUND_SECONDS)

    def end(self) -> None:
        """Kill it, and wait until it has ended."""
        self.kill()
        self.popen.wait()
        assert self.popen.stdin
        with contextlib.suppress(OSError):
            self.popen.stdin.close()

    def discard(self) -> None:
        """End it without having used it."""
        self.end()
        assert self.popen.stdout and self.popen.stderr
        self.popen.stdout.close()
        self.popen.stderr.close()

    def memory(self) -> int:
        """Return the bytes of memory that it uses, with every process that it started."""
        found = 0
        with contextlib.suppress(psutil.Error):
            for process in (psutil.Process(self.popen.pid), *_started_by(self.popen.pid)):
                found += _bytes_of(process)
        return found


def _started_by(pid: int) -> list[psutil.Process]:
    """Return the processes that a process started, and those that they started."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _bytes_of(process: psutil.Process) -> int:
    try:
        used = process.memory_info()
    except psutil.Error:
        return 0
    # On Windows the resident part may shrink while a program takes more.
    return int(getattr(used, "private", used.rss))


class _Run:
    """A job in one process, with every process that it starts."""

    def __init__(self, process: _Process, limits: Limits, hear: Hear) -> None:
        self._process = process
        self._limits = limits
        self._hear = hear
        self._output = bytearray()
        self._printed = 0
        self._clock = _Clock(limits)
        self._grace_ends = math.inf
        self._next_look = math.inf
        self._most_memory = 0
        self._over = threading.Event()
        self._heard: queue.Queue[tuple[str, bytes]] = queue.Queue(maxsize=64)

    def watch(self, job: bytes) -> Ending:
        """Send the job and read until the process ends or a limit is reached."""
        ending = self._watch(job)
        seconds = self._clock.seconds
        return replace(ending, seconds=seconds, processor_seconds=seconds)

    def _watch(self, job: bytes) -> Ending:
        popen = self._process.popen
        assert popen.stdin and popen.stdout and popen.stderr
        for name, stream in (("answers", popen.stdout), ("printed", popen.stderr)):
            threading.Thread(target=self._pump, args=(name, stream), daemon=True).start()
        streams = 2
        while streams:
            if self._grace_ends == math.inf and popen.poll() is not None:
                self._process.kill()  # what it started may keep its pipes open
                self._grace_ends = time.monotonic() + _GRACE_SECONDS
            if time.monotonic() >= self._deadline and self._heard.empty():
                break
            if self._is_too_large():
                return self._ending(End.MEMORY)
            try:
                name, data = self._heard.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            if not data:
                streams -= 1
                continue
            if name == "answers" and not self._most_memory:
                self._begin(popen.stdin, job)
                data = data.removeprefix(_READY)
            limit = self._print(data) if name == "printed" else self._answer(data)
            if limit is not None:
                return self._ending(limit)
        try:
            code = popen.wait(max(0.0, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return self._ending(self._clock.end)
        if code < 0:
            return self._ending(End.SIGNAL, -code)
        return self._ending(End.EXIT if code else End.DONE, code)

    def _begin(self, orders: IO[bytes], job: bytes) -> None:
        """Send the job to a process that waits for it, and begin to watch its memory."""
        self._most_memory = self._process.memory() + self._limits.memory
        self._next_look = time.monotonic()
        with contextlib.suppress(OSError), orders:
            orders.write(job)  # if it has ended, `_watch` finds out how

    def _is_too_large(self) -> bool:
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + _MEMORY_SECONDS
        return self._process.memory() > self._most_memory

    @property
    def _deadline(self) -> float:
        """When reading stops, on the clock of time.monotonic()."""
        return self._clock.deadline if self._grace_ends == math.inf else self._grace_ends

    def _print(self, data: bytes) -> End | None:
        self._printed += len(data)
        self._output += data[: OUTPUT_KEPT - len(self._output)]
        return End.OUTPUT if self._printed > self._limits.output else None

    def _answer(self, data: bytes) -> End | None:
        if not data:
            return None
        self._clock.start()
        try:
            seconds = self._hear(data)
        except MalformedMessage:
            return End.REFUSED
        if seconds is not None:
            self._clock.begin_check(seconds)
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
        self._process.end()
        with contextlib.suppress(queue.Empty):  # a thread may wait for room in the queue
            while True:
                self._heard.get_nowait()


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

    def begin_check(self, seconds: float) -> None:
        """Note that a check begins, which may take so many seconds."""
        self._check_ends = time.monotonic() + seconds


def _environment() -> dict[str, str]:
    """Return the few variables that a process needs to start; our tokens and passwords are not passed on."""
    needed = ("HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
    known = {name: os.environ[name] for name in needed if name in os.environ}
    return known | {"PATH": programs.search_path()}


def live(parent: int) -> None:
    """Run as the process: read directory and job from standard input, answer on standard output.

    It ends together with `parent`.
    """
    if sys.platform == "linux":
        from grader.guest.confine import die_with

        die_with(parent)
    else:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    import torch

    from grader.guest.loading import import_worker, writer
    from grader.wire import unpack

    answers = os.dup(1)
    os.dup2(2, 1)  # printed text goes to stderr, so it cannot mix with the answers
    torch.set_num_threads(1)
    worker = import_worker()
    send = writer(answers)
    send(_READY)
    given = sys.stdin.buffer.read()
    if not given:
        return  # it was started ahead, and is not needed
    place, order = unpack(given)
    directory = place.fields["path"]
    sys.dont_write_bytecode = True
    os.chdir(directory)
    worker.serve(order, send, directory)
    sys.stdout.flush()


def _follow(parent: int) -> None:
    """End this process after `parent` has ended."""
    while psutil.pid_exists(parent):
        time.sleep(_PARENT_SECONDS)
    os._exit(1)
