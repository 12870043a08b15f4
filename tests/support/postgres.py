"""A PostgreSQL server of a test's own, which can be killed and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_SECONDS = 30


def binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, None if it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = shutil.which("initdb")
    return found[-1].parent if found else Path(path).parent if path else None


class Server:
    """A server in a folder of its own; it runs as another user if the tests run as root."""

    def __init__(self, programs: Path, address: str = "127.0.0.1") -> None:
        """Make a database at `address`; those who reach it need no password."""
        self._programs = programs
        self._address = address
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        with socket.socket() as free:
            free.bind((address, 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", str(self.data), "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "pg_hba.conf").open("a") as allowed:
            allowed.write("host all all samenet trust\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self._run("createdb", "-h", address, "-p", str(self.port), "-U", "owner", "grader")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, user: str = "owner") -> str:
        """Return the address of its database."""
        return f"postgresql://{user}@{self._address}:{self.port}/grader"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        # Commits are on the disk when they return, as in use.
        options = ("-c", f"listen_addresses={self._address}", "-c", f"unix_socket_directories={self.folder}")
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self.data, "-p", str(self.port), *options],
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_user(),
        )
        end = time.monotonic() + _SECONDS
        ready = [self._programs / "pg_isready", "-q", "-h", self._address, "-p", str(self.port)]
        while subprocess.run(ready).returncode:
            if time.monotonic() > end or self._process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def kill(self) -> None:
        """End all its processes at once, with SIGKILL."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        for child in _children(self.data):
            os.kill(child, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End it and remove its folder."""
        if self._process and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_user(self) -> dict[str, object]:
        if not self._user:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": ()}

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            **self._as_user(),
        )


def _children(data: Path) -> list[int]:
    """Return the processes that work in a server's folder: each is a session of its own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(data):
                found.append(int(process.name))
        except OSError:
            continue
    return found
