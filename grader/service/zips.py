"""Zip files that are sent while they are made: at most a block of them is in memory."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

_BLOCK = 1 << 20


class ZipStream:
    """A zip file. Each method returns the bytes that it adds; all of them in order are the file."""

    def __init__(self) -> None:
        self._chunks = _Chunks()
        self._archive = zipfile.ZipFile(self._chunks, "w", zipfile.ZIP_DEFLATED)

    def data(self, name: str, data: bytes) -> Iterator[bytes]:
        """Add contents under a name."""
        self._archive.writestr(name, data)
        yield from self._chunks.taken()

    def file(self, name: str, path: Path) -> Iterator[bytes]:
        """Add a file that is packed already, in blocks. Raises `OSError` if it is missing."""
        info = zipfile.ZipInfo(name)  # stored as it is
        with path.open("rb") as source, self._archive.open(info, "w", force_zip64=True) as target:
            while block := source.read(_BLOCK):
                target.write(block)
                yield from self._chunks.taken()
        yield from self._chunks.taken()

    def end(self) -> Iterator[bytes]:
        """Add the list of contents."""
        self._archive.close()
        yield from self._chunks.taken()


class _Chunks(io.RawIOBase):
    """A file that can only be written to; what was written is taken away in pieces."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def taken(self) -> Iterator[bytes]:
        parts, self._parts = self._parts, []
        yield from parts
