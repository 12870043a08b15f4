"""Safe reading and writing in folders that a stranger may have prepared.

Links are not followed, only plain files are read, and never more bytes than the caller allows.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# O_NOFOLLOW refuses a link, O_NONBLOCK keeps a FIFO from blocking. Not every system has all of them.
_CAREFUL = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))


def refuse_links(folder: Path) -> None:
    """Raise `OSError` if `folder`, or a parent of it below the working directory, is a link.

    A stranger may have put a link into the working directory. An absolute path was typed on purpose.
    """
    named = [folder] if folder.is_absolute() else [folder, *folder.parents]
    for path in named:
        if path.is_symlink():
            raise OSError(errno.ELOOP, f"{path} is a link, and links are not followed here; remove it")


@contextmanager
def opened(folder: Path, make: bool = False) -> Iterator[int]:
    """Yield a descriptor of `folder`; `make` creates it. Raises `OSError`, for a link too.

    Files are then opened relative to the descriptor, so no one can replace the folder in between.
    """
    refuse_links(folder)
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _CAREFUL)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(folder: Path, name: str, most: int) -> bytes:
    """Return the bytes of the plain file `name` in `folder`. Raises `OSError`, also above `most` bytes."""
    with opened(folder) as place:
        descriptor = os.open(name, os.O_RDONLY | _CAREFUL, dir_fd=place)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "It is not a plain file")
    with open(descriptor, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"It is longer than {most >> 20} MiB")
    return data


def write(folder: Path, name: str, parts: Iterable[bytes], mode: int = 0o644) -> None:
    """Write the file `name` in `folder`, which is created if needed. Raises `OSError`.

    The write is atomic. A link, a FIFO or another file of that name is replaced, not written to.
    """
    with opened(folder, make=True) as place, _new(place, f".{name}.") as (temporary, descriptor):
        with open(descriptor, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fchmod(descriptor, mode)
        os.replace(temporary, name, src_dir_fd=place, dst_dir_fd=place)


def write_once(folder: Path, name: str, data: bytes) -> None:
    """Write a file that only its owner may read, unless it exists. Raises `OSError`."""
    with opened(folder, make=True) as place, _new(place, f".{name}.") as (temporary, descriptor):
        with open(descriptor, "wb") as file:
            file.write(data)
        with suppress(FileExistsError):
            os.link(temporary, name, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)
        os.unlink(temporary, dir_fd=place)


@contextmanager
def _new(place: int, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the name and the descriptor of a new file, which is removed after an error."""
    name = f"{prefix}{secrets.token_hex(8)}"
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CAREFUL, 0o600, dir_fd=place)
    try:
        yield name, descriptor
    except BaseException:
        os.unlink(name, dir_fd=place)
        raise


def remove(folder: Path, names: tuple[str, ...]) -> None:
    """Remove the files `names`, their temporary files from a killed run, and the folder if it is empty then.

    If the folder is a link, only the link is removed.
    """
    beginnings = tuple(f".{name}." for name in names)
    with suppress(OSError):
        if folder.is_symlink():
            folder.unlink()
            return
        with opened(folder) as place:
            for name in os.listdir(place):
                if name in names or name.startswith(beginnings):
                    os.unlink(name, dir_fd=place)
        folder.rmdir()


def keep_private(folder: Path) -> None:
    """Create `folder` if needed, and close it to other users.

    Raises `OSError` if another user owns it or could write to it: its files may be theirs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opened(folder) as place:
        status = os.fstat(place)
        if status.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "It belongs to another user")
        if status.st_mode & 0o022:
            raise OSError(errno.EPERM, "Other users may write to it")
        os.fchmod(place, 0o700)
