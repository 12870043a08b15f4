"""Submission directories: where a submission's files are written for its program, and removed again.

Landlock stops a program from reading other submissions, but not from asking whether a path exists (stat). So
each directory has a random name of 128 bits, and their parent cannot be listed.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping

from grader.errors import SandboxError

_NOT_LISTED = 0o311  # enter and write for us, enter only for others; no one may list
_REMOVE = 'read -r _; chmod 700 "$1" && rm -rf -- "$1"'
_END_SECONDS = 10


class SubmissionsDirectory:
    """The directory of all submission directories. It is removed when this process ends, even by SIGKILL."""

    def __init__(self) -> None:
        remover: subprocess.Popen[bytes] | None = None
        try:
            self.path = os.path.realpath(tempfile.mkdtemp(prefix="grade-"))
            if sys.platform == "linux":
                os.chmod(self.path, _NOT_LISTED)
            if sys.platform != "win32":
                # Its input ends when this process ends, even by SIGKILL, since the kernel closes the pipe.
                remover = subprocess.Popen(
                    ["/bin/sh", "-c", _REMOVE, "sh", self.path],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    process_group=0,  # Ctrl-C reaches the grader only
                )
        except OSError as error:
            raise SandboxError(f"A temporary directory cannot be made: {error.strerror}.") from None
        self._end = weakref.finalize(self, _remove, self.path, remover)  # even if `close` is never called

    def close(self) -> None:
        """Remove it with everything in it."""
        self._end()


def _remove(path: str, remover: "subprocess.Popen[bytes] | None") -> None:
    if remover is None:
        shutil.rmtree(path, ignore_errors=True)
        return
    assert remover.stdin
    remover.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        remover.wait(_END_SECONDS)


class SubmissionFiles:
    """The submission directories in `directory`; each is removed after its last user."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._used: dict[int, tuple[str, int]] = {}
        """By `id` of the files: the name of their directory and the number of its users."""

    @contextlib.contextmanager
    def holding(self, files: Mapping[str, bytes]) -> Iterator[str]:
        """Yield the name of a submission directory with `files`; one that is in use is shared.

        Raises `SandboxError` if they cannot be written.
        """
        with self._lock:
            name, users = self._used.get(id(files)) or (self._written(files), 0)
            self._used[id(files)] = name, users + 1
        try:
            yield name
        finally:
            with self._lock:
                name, users = self._used.pop(id(files))
                if users > 1:
                    self._used[id(files)] = name, users - 1
                else:
                    shutil.rmtree(os.path.join(self._directory, name), ignore_errors=True)

    def _written(self, files: Mapping[str, bytes]) -> str:
        name = secrets.token_hex(16)
        whole = os.path.join(self._directory, name)
        try:
            os.mkdir(whole, 0o700)
            for path, data in files.items():
                _write(whole, path, data)
        except OSError as error:
            shutil.rmtree(whole, ignore_errors=True)
            raise SandboxError(f"The files of a submission cannot be written: {error.strerror}.") from None
        return name


def _write(directory: str, path: str, data: bytes) -> None:
    parts = path.split("/")
    if {"", ".", ".."} & set(parts) or os.path.isabs(path):
        raise SandboxError(f"{path!r} is not a path within a submission.")
    whole = os.path.join(directory, *parts)
    if len(parts) > 1:
        os.makedirs(os.path.dirname(whole), 0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    mode = 0o600 if sys.platform == "win32" else 0o400  # Windows removes no file that cannot be written to
    with open(os.open(whole, flags, mode), "wb") as file:
        file.write(data)
