"""What is handed in and what an assignment's folder holds, as one zip file each.

Every upload goes through `grader.submission.archive`, whatever it came as: a browser's files are put into an
archive under the names that the browser gives, and no such name is used as a path before that.
"""

import io
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.errors import SubmissionError, UsageError
from grader.submission.archive import Budget, is_archive, unpack
from grader.submission.loader import read_submission

MOST_BYTES = 64 << 20
"""Bytes of one upload, packed."""
MOST_FILES = 1000
"""Files of one upload."""
_BLOCK = 1 << 16
_THEN = (1980, 1, 1, 0, 0, 0)
"""The time of each file in an archive of ours: the same files give the same digest."""


@dataclass(frozen=True)
class Upload:
    """Files as they came: a name, and a stream."""

    name: str
    stream: IO[bytes]


@dataclass(frozen=True)
class Packed:
    """A submission that can be graded, in one archive."""

    path: Path
    files: int
    size: int
    notes: tuple[str, ...]


def pack(
    uploads: Sequence[Upload],
    modules: Mapping[str, Sequence[str]],
    workspace: Path,
    written: tuple[str, ...] = (),
) -> Packed:
    """Unpack what came, check that it can be graded, and pack it; `workspace` is an empty folder.

    `modules` holds, for each module that is asked for, the names that it defines; `written` are the files
    with answers in words. Raises `SubmissionError`.
    """
    folder, notes = unpacked(uploads, workspace)
    try:
        read_submission(folder, tuple(modules), modules, written=written)
    except SubmissionError as error:
        raise SubmissionError(str(error).replace(str(folder), "What you sent")) from None
    packed = workspace / "packed.zip"
    count = _pack_folder(folder, packed)
    return Packed(packed, count, packed.stat().st_size, notes)


def unpacked(uploads: Sequence[Upload], workspace: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a folder below `workspace` with what came, and what was left out. Raises `SubmissionError`."""
    if not uploads:
        raise SubmissionError("There is no file in what you sent; choose files, a folder or a zip file.")
    if len(uploads) > MOST_FILES:
        raise SubmissionError(f"There are more than {MOST_FILES} files in what you sent.")
    came = workspace / "came"
    came.mkdir()
    alone = uploads[0] if len(uploads) == 1 and is_archive(uploads[0].name) else None
    # Messages name the archive; the suffix tells how it is packed, and that is all that is taken of the name.
    path = came / ("upload" + "".join(Path(alone.name).suffixes[-2:])[-8:] if alone else "upload.zip")
    path = came / "upload.zip" if not path.name.isascii() or "\0" in path.name else path
    if alone:
        with path.open("wb") as file:
            _copy(alone.stream, file)
    else:
        _pack_files(uploads, path)
    folder = workspace / "upload"
    return folder, unpack(path, folder, Budget())


def unpack_submission(data: bytes, folder: Path) -> None:
    """Write what `pack` packed into `folder`. Raises `SubmissionError` if it is damaged."""
    path = folder.with_name(f"{folder.name}.zip")
    path.write_bytes(data)
    unpack(path, folder, Budget())
    path.unlink()


def pack_assignment(folder: Path) -> bytes:
    """Return the folder of an assignment as an archive. Raises `UsageError` if it is too large."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in _files(folder):
            if whole.tell() > MOST_BYTES:
                raise UsageError(f"{folder} is larger than {MOST_BYTES >> 20} MiB.")
            archive.writestr(_entry(name), path.read_bytes())
    return whole.getvalue()


def unpack_assignment(data: bytes, folder: Path) -> None:
    """Write what `pack_assignment` packed; `folder` is whole or not there at all."""
    new = folder.with_name(f"{folder.name}.{os.getpid()}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(new)
    try:
        new.rename(folder)
    except OSError:  # another worker was faster
        shutil.rmtree(new, ignore_errors=True)


def _pack_files(uploads: Sequence[Upload], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for upload in uploads:
            name = upload.name.replace("\0", "_").encode("utf-8", "replace").decode()
            info = zipfile.ZipInfo(name or "file", _THEN)
            info.create_system = 3
            with archive.open(info, "w", force_zip64=True) as file:
                _copy(upload.stream, file)


def _pack_folder(folder: Path, path: Path) -> int:
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in _files(folder):
            archive.writestr(_entry(name), file.read_bytes())
            count += 1
    return count


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _THEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield plain files below a folder by their names in an archive, sorted; no link is followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix(), path


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while data := source.read(_BLOCK):
        target.write(data)
