"""Unpacks archives that strangers made: plain files only, all below one folder, within limits.

No link and no device is made, so no path of an archive can lead out of the folder.
"""

import bz2
import errno
import gzip
import lzma
import os
import re
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from grader.errors import SubmissionError, UsageError
from grader.submission.loader import left_by_a_program, printable

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""The archives that can be unpacked."""
OTHERS = (".rar", ".7z", ".gz", ".bz2", ".xz")
"""Those that are named, so that somebody asks for another one."""
_ENVIRONMENT = "pyvenv.cfg"
_REPOSITORY = ".git"
_BLOCK = 1 << 16
_MOST_NOTES = 10
_DEEPEST = 20
_LONGEST_NAME = 4096
_LONGEST_HEADER = 64 << 10
"""Bytes of a header of a tar file that holds a name or other facts about the next entry."""
_SHOWN = 60
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_END_SIZE, _END_64_BEFORE = 22, 20 + 56
_LONGEST_COMMENT = 1 << 16
_TIMES = 0x5455
"""The extra field of a zip file with the time since 1970."""
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, struct.error,
    ValueError, OverflowError, RecursionError,
)  # fmt: skip
_HEADERS = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip
_FULL = (errno.ENOSPC, errno.EDQUOT)
_TAR_PACKERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}


@dataclass
class Budget:
    """What may still be unpacked; all archives of a student share one, and those of a class another."""

    entries: int = 50_000
    files: int = 5_000
    bytes: int = 256 << 20
    largest: int = 64 << 20
    """Bytes of one file; a larger one is left out."""
    directory: int = 8 << 20
    """Bytes of the list of entries in a zip file."""
    whole: "Budget | None" = None
    """Of the class."""

    def take(self, *, entries: int = 0, files: int = 0, size: int = 0) -> None:
        """Use a part of it. Raises `SubmissionError` if there is not enough."""
        self.entries -= entries
        self.files -= files
        self.bytes -= size
        if min(self.entries, self.files, self.bytes) < 0:
            raise SubmissionError("unpacks to more files or bytes than a submission has")
        if self.whole is not None:
            self.whole.take(entries=entries, files=files, size=size)


def of_class() -> Budget:
    """Return the limits of all that is unpacked for one class."""
    return Budget(entries=1_000_000, files=400_000, bytes=8 << 30, largest=1 << 30, directory=128 << 20)


def is_archive(name: str) -> bool:
    """Whether a file has the name of an archive, of a kind that can be unpacked or not."""
    return name.lower().endswith((*SUFFIXES, *OTHERS))


def stem(name: str) -> str:
    """Return an archive's name without its suffix."""
    longest = max((s for s in (*SUFFIXES, *OTHERS) if name.lower().endswith(s)), key=len, default="")
    return name[: len(name) - len(longest)]


def unpack(path: Path, into: Path, budget: Budget) -> tuple[str, ...]:
    """Unpack an archive into the folder `into`, which is made; return sentences about what was left out.

    What programs leave and virtual environments are skipped. Raises `SubmissionError` that names the archive.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
        if head.startswith(b"Rar!\x1a\x07") or head.startswith(b"7z\xbc\xaf\x27\x1c"):
            raise SubmissionError(
                f"is {'a RAR' if head[0:1] == b'R' else 'a 7z'} archive, which cannot be unpacked here; "
                "hand in a zip file"
            )
        into.mkdir(parents=True, exist_ok=True)
        writer = _Writer(into, budget)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
            _unpack_zip(path, writer, budget)
        else:
            _unpack_tar(path, head, writer, budget)
    except SubmissionError as error:
        raise SubmissionError(f"{_shown(path.name)} {error}.") from None
    except NotImplementedError:
        raise SubmissionError(
            f"{_shown(path.name)} is compressed in a way that cannot be read here; hand in a plain zip file."
        ) from None
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise UsageError(
                f"There is no room to unpack {path} in {into}; set TMPDIR to another disk."
            ) from None
        raise SubmissionError(
            f"{_shown(path.name)} is damaged, or is no archive: {_shown(str(error)) or type(error).__name__}."
        ) from None
    return tuple(writer.notes)


class _Reader(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class _Writer:
    """Writes the files of one archive."""

    def __init__(self, into: Path, budget: Budget) -> None:
        self.notes: list[str] = []
        self._into = into
        self._budget = budget

    def note(self, name: str, why: str) -> None:
        """Say that an entry was left out."""
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(f"`{_shown(name)}` {why}")

    def folder(self, parts: Sequence[str]) -> None:
        """Make a folder."""
        try:
            self._into.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError):
            self.note("/".join(parts), "was left out: its name is there twice, or is too long")

    def file(self, parts: Sequence[str], source: _Reader, size: int, when: float) -> None:
        """Write a file of at most `size` bytes. Raises `SubmissionError` if it exceeds the budget."""
        target = self._into.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except (OSError, ValueError):
            self.note("/".join(parts), "was left out: its name is there twice, or is too long")
            return
        with open(descriptor, "wb") as file:
            while size > 0 and (data := source.read(min(_BLOCK, size))):
                size -= len(data)
                self._budget.take(size=len(data))
                file.write(data)
        os.utime(target, (when, when))


def _unpack_zip(path: Path, writer: _Writer, budget: Budget) -> None:
    if _directory_size(path) > budget.directory:
        raise SubmissionError("lists more files than a submission has")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        budget.take(entries=len(infos))
        _refuse_overlaps(infos)
        kept: dict[tuple[str, ...], zipfile.ZipInfo] = {}
        for info in infos:
            name = _name(info)
            parts = _parts(name)
            kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
            if parts is None:
                writer.note(name, "was left out: its path leads out of the archive, or is too long")
            elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                writer.note(name, "was left out: it is a link or a device")
            elif parts and not _skipped(parts):
                if parts in kept and not info.is_dir():
                    writer.note(name, "is there twice: the last one counts")
                kept[parts] = info
        environments = {parts[:-1] for parts in kept if parts[-1] == _ENVIRONMENT and len(parts) > 1}
        for parts, info in kept.items():
            if any(parts[:length] in environments for length in range(1, len(parts))):
                continue
            if info.is_dir() or _name(info).endswith(("/", "\\")):
                writer.folder(parts)
            elif info.flag_bits & 1:
                raise SubmissionError("is encrypted with a password; hand it in without one")
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # zipfile unpacks other kinds a block at a time, however large that gets.
                raise NotImplementedError
            elif info.file_size > budget.largest:
                writer.note("/".join(parts), f"was left out: it is larger than {budget.largest >> 20} MiB")
            else:
                budget.take(files=1)
                with archive.open(info) as source:
                    writer.file(parts, source, info.file_size, _changed(info))


def _directory_size(path: Path) -> int:
    """Return how long the list of entries says it is; reading it takes a hundred times the memory."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_COMMENT - _END_SIZE - _END_64_BEFORE))
        tail = file.read()
    place = len(tail) - _END_SIZE
    if tail[place : place + 4] != _END or tail[-2:] != b"\0\0":
        place = tail.rfind(_END)
    if place < 0:
        raise SubmissionError("is not a whole zip file; was it uploaded to the end?")
    said: int = struct.unpack_from("<L", tail, place + 12)[0]
    longer = place - _END_64_BEFORE
    if longer >= 0 and tail[longer : longer + 4] == _END_64:
        said = struct.unpack_from("<Q", tail, longer + 40)[0]
    return min(said, size)


def _refuse_overlaps(infos: Sequence[zipfile.ZipInfo]) -> None:
    """Raise `SubmissionError` if entries share bytes, so that a small file would unpack to a huge one."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise SubmissionError("has entries that overlap, as in a zip bomb")
        end = info.header_offset + 30 + info.compress_size


def _name(info: zipfile.ZipInfo) -> str:
    """Return an entry's name. Many programs write UTF-8 and don't say so; zipfile then takes it for cp437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _parts(name: str) -> tuple[str, ...] | None:
    """Return the parts of a path below the archive, None if it leads out of it or is too long."""
    if len(name) > _LONGEST_NAME:
        return None
    plain = re.sub(r"^[A-Za-z]:(?=[\\/])", "", name).replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    return None if ".." in parts or len(parts) > _DEEPEST else parts


def _skipped(parts: Sequence[str]) -> bool:
    if _REPOSITORY in parts:
        parts = parts[: list(parts).index(_REPOSITORY)]
    return any(left_by_a_program(part) for part in parts)


def _changed(info: zipfile.ZipInfo) -> float:
    """Return when an entry was last changed, in seconds since 1970."""
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == _TIMES and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack_from("<l", extra, 5)[0])
        extra = extra[4 + length :]
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


class _Bounded:
    """A stream that ends with an error after the bytes of a budget: a small file may unpack to a huge one."""

    def __init__(self, source: _Reader, most: int) -> None:
        self._source = source
        self._left = most

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(_BLOCK if size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise SubmissionError("unpacks to more files or bytes than a submission has")
        return data


def _unpack_tar(path: Path, head: bytes, writer: _Writer, budget: Budget) -> None:
    opener = next((o for magic, o in _TAR_PACKERS.items() if head.startswith(magic)), None)
    with opener(path) if opener else path.open("rb") as source:
        bounded = _Bounded(source, budget.bytes)
        with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Member) as archive:  # type: ignore[call-overload]
            for member in _members(archive, budget):
                parts = _parts(member.name)
                if parts is None:
                    writer.note(
                        member.name, "was left out: its path leads out of the archive, or is too long"
                    )
                elif not parts or _skipped(parts):
                    continue
                elif member.isdir():
                    writer.folder(parts)
                elif not member.isreg() or member.issparse():
                    writer.note(member.name, "was left out: it is a link or a device")
                elif member.size > budget.largest:
                    writer.note(member.name, f"was left out: it is larger than {budget.largest >> 20} MiB")
                else:
                    budget.take(files=1)
                    content = archive.extractfile(member)
                    if content is not None:
                        writer.file(parts, content, member.size, min(max(0.0, float(member.mtime)), 2.0**40))


class _Member(tarfile.TarInfo):
    """An entry of a tar file. tarfile reads all headers before it into memory, however long they are."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in _HEADERS and not 0 <= self.size <= _LONGEST_HEADER:
            raise SubmissionError("has a name or a header that is longer than any program writes")
        return super()._proc_member(archive)  # type: ignore[misc]


def _members(archive: tarfile.TarFile, budget: Budget) -> Iterator[tarfile.TarInfo]:
    while (member := archive.next()) is not None:
        # Each holds a copy of the headers that are for all; nothing here needs an entry twice.
        archive.members.clear()  # type: ignore[attr-defined]
        budget.take(entries=1)
        yield member


def _shown(name: str) -> str:
    return printable(name)[:_SHOWN]
