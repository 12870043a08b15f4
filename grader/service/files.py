"""Files by their digest: what was handed in, and the folders of assignments."""

import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from grader.errors import GraderError, UsageError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_INCOMING = "incoming"
_LONGEST_UPLOAD = 3600.0
"""Seconds."""


class StorageFull(GraderError):
    """There is no room on the service's disk; nothing was stored. Please tell your instructor."""


class FileSource(Protocol):
    """Where a worker gets files from."""

    def read(self, digest: str, job: int, lease: str) -> bytes:
        """Return the file with a digest, for a job. Raises `OSError`."""


class Files:
    """Files in a folder, each under the SHA-256 of its contents."""

    def __init__(self, root: Path) -> None:
        """Use the folder `root`, which is made. Raises `UsageError` if that cannot be."""
        self._root = root
        try:
            (root / _INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(f"{root} cannot be used: {error.strerror}.") from None

    def keep(self, parts: Iterable[bytes]) -> str:
        """Store a file; return its digest once it is on the disk. Raises `StorageFull`, and `OSError`."""
        digest = hashlib.sha256()
        temporary = self._root / _INCOMING / secrets.token_hex(16)
        try:
            with open(temporary, "xb") as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            name = digest.hexdigest()
            target = self.path(name)
            if not target.parent.is_dir():
                target.parent.mkdir(exist_ok=True)
                _sync(self._root)
            os.replace(temporary, target)
            _sync(target.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            if error.errno in _FULL:
                raise StorageFull() from None
            raise
        return name

    def path(self, digest: str) -> Path:
        """Return where a file is. Raises `ValueError` for what is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no digest")
        return self._root / digest[:2] / digest

    def whole(self, digest: str) -> Path:
        """Return where a file is. Raises `OSError` if it is missing or damaged."""
        path = self.path(digest)
        with path.open("rb") as file:
            _check(hashlib.file_digest(file, "sha256").hexdigest(), digest)
        return path

    def read(self, digest: str, job: int = 0, lease: str = "") -> bytes:
        """Return the contents of a file. Raises `OSError` if it is missing or damaged."""
        return checked(self.path(digest).read_bytes(), digest)

    def remove(self, digest: str) -> None:
        """Remove a file, if it is there."""
        self.path(digest).unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what was cut off while it came in; another process may be receiving what is younger."""
        for left in (self._root / _INCOMING).iterdir():
            if time.time() - left.stat().st_mtime > _LONGEST_UPLOAD:
                left.unlink(missing_ok=True)

    def all(self) -> Iterable[str]:
        """Yield the digests of all files."""
        for folder in self._root.iterdir():
            if folder.name != _INCOMING:
                yield from (path.name for path in folder.iterdir())


def checked(data: bytes, digest: str) -> bytes:
    """Return `data` if it has this digest. Raises `OSError`."""
    _check(hashlib.sha256(data).hexdigest(), digest)
    return data


def _check(found: str, digest: str) -> None:
    if found != digest:
        raise OSError(errno.EIO, "The file is damaged")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
