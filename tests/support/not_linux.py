"""A Python without what only Linux has, as our own code sees it. It takes the arguments of Python.

`python_without_linux` writes a program that starts it. Libraries were made for each system, so they keep what
they need: only modules of ours cannot import the modules below, and miss these functions.
"""

import builtins
import os
import runpy
import select
import signal
import socket
import sys
import sysconfig
from pathlib import Path

MODULES = frozenset(
    {"fcntl", "grp", "pwd", "resource", "termios"}
    | {f"grader.guest.{name}" for name in ("confine", "landlock", "memory", "seccomp", "zygote")}
    | {f"grader.sandbox.{name}" for name in ("linux", "launch", "clock")}
)
GONE = {
    os: (
        *("fork", "forkpty", "getuid", "geteuid", "getppid", "getpgid", "killpg", "setsid", "sysconf"),
        *("pidfd_open", "sched_getaffinity", "sched_setaffinity", "memfd_create", "fchmod", "mkfifo"),
        *("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC"),
    ),
    signal: ("pidfd_send_signal", "SIGALRM", "SIGHUP", "SIGXCPU", "setitimer"),
    select: ("poll", "epoll"),
    socket: ("AF_UNIX", "send_fds", "recv_fds", "socketpair"),
}
"""What Windows lacks, and macOS in part."""
LIBRARIES = ("click", "ctypes", "jinja2", "msgspec", "numpy", "platformdirs", "psutil", "pydantic")
"""They choose their own modules for the system while they are imported."""


def python_without_linux(folder: Path, platform: str) -> Path:
    """Write a program into `folder` that is this Python on a system called `platform`; return its path."""
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable} -I\n"
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        f"import not_linux; not_linux.start({str(program)!r}, {platform!r})\n"
    )
    program.chmod(0o700)
    return program


def start(program: str, platform: str) -> None:
    """Run what the arguments say: `-I -c CODE` or `-m MODULE`, each with its own arguments."""
    for name in (*LIBRARIES, "sqlite3", "subprocess", "concurrent.futures", "importlib.metadata"):
        __import__(name)
    sysconfig.get_config_vars()  # by the name of the system, once
    if "-c" in sys.argv:  # a process of a submission
        __import__("torch")
    through = builtins.__import__

    def importing(name, globals=None, locals=None, fromlist=(), level=0):  # type: ignore[no-untyped-def]
        theirs = {name, *(f"{name}.{one}" for one in fromlist or ())}
        if theirs & MODULES and str((globals or {}).get("__name__", "")).partition(".")[0] == "grader":
            raise ModuleNotFoundError(f"{name} is for Linux only")
        return through(name, globals, locals, fromlist, level)

    for module, names in GONE.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    os.supports_dir_fd.clear()
    builtins.__import__ = importing
    sys.platform = platform
    sys.executable = program
    kind = next(at for at, argument in enumerate(sys.argv) if argument in ("-c", "-m"))
    what = sys.argv[kind + 1]
    sys.argv[: kind + 2] = [what if sys.argv[kind] == "-m" else "-c"]
    if sys.argv[0] == "-c":
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)
