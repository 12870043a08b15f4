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

# O_NOFOLLOW refuses a link, O_NONBLOCK keeps a FIFO from blocking. Not every system has all of them, and
# Windows alone has O_BINARY: without it, it changes the ends of lines.
_CAREFUL = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def refuse_links(folder: Path) -> None:
    """Raise `OSError` if `folder`, or a parent of it below the working directory, is a link.

    A stranger may have put a link into the working directory. An absolute path was typed on purpose.
    """
    named = [folder] if folder.is_absolute() else [folder, *folder.parents]
    for path in named:
        if path.is_symlink():
            raise OSError(errno.ELOOP, f"{path} is a link, and links are not followed here; remove it")


class Place:
    """An open folder. Files in it are opened by descriptor, so no one can replace the folder in between.

    Windows has no descriptors of folders: there, files are opened by path.
    """

    def __init__(self, folder: Path, descriptor: int | None) -> None:
        self._folder = folder
        self._descriptor = descriptor

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """Return a descriptor of the file `name`. Raises `OSError`, for a link too."""
        if self._descriptor is not None:
            return os.open(name, flags | _CAREFUL, mode, dir_fd=self._descriptor)
        path = self._folder / name
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return os.open(path, flags | _CAREFUL, mode)

    def replace(self, name: str, by: str) -> None:
        """Give the file `by` the name `name`, whatever that was before."""
        if self._descriptor is not None:
            os.replace(by, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        else:
            os.replace(self._folder / by, self._folder / name)

    def link(self, name: str, to: str) -> None:
        """Give the file `to` a second name. Raises `FileExistsError` if the name is taken."""
        if self._descriptor is not None:
            here = self._descriptor
            os.link(to, name, src_dir_fd=here, dst_dir_fd=here, follow_symlinks=False)
        else:
            os.link(self._folder / to, self._folder / name)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        if self._descriptor is not None:
            os.unlink(name, dir_fd=self._descriptor)
        else:
            os.unlink(self._folder / name)

    def sync(self) -> None:
        """Wait until the names of new files are on the disk."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def names(self) -> list[str]:
        """Return the names of all that is in it."""
        return os.listdir(self._folder if self._descriptor is None else self._descriptor)

    def keep_private(self) -> None:
        """Close it to other users. Raises `OSError` if another user owns it or may write to it."""
        if self._descriptor is None:
            return  # a user's own folders are closed to others on Windows
        status = os.fstat(self._descriptor)
        if status.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "It belongs to another user")
        if status.st_mode & 0o022:
            raise OSError(errno.EPERM, "Other users may write to it")
        os.fchmod(self._descriptor, stat.S_IMODE(status.st_mode) & 0o700)  # its owner's rights stay


@contextmanager
def opened(folder: Path, make: bool = False) -> Iterator[Place]:
    """Yield `folder`, opened; `make` creates it. Raises `OSError`, for a link too."""
    refuse_links(folder)
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    if os.open not in os.supports_dir_fd:
        if not folder.is_dir():
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        yield Place(folder, None)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _CAREFUL)
    try:
        yield Place(folder, descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path, name: str, most: int) -> bytes:
    """Return the bytes of the plain file `name` in `folder`. Raises `OSError`, also above `most` bytes."""
    with opened(folder) as place:
        descriptor = place.open(name, os.O_RDONLY)
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
            if hasattr(os, "fchmod"):  # not on Windows, which has no such modes
                os.fchmod(descriptor, mode)
        place.replace(name, by=temporary)


def write_once(folder: Path, name: str, data: bytes) -> None:
    """Write a file that only its owner may read, unless it exists. Raises `OSError`."""
    with opened(folder, make=True) as place, _new(place, f".{name}.") as (temporary, descriptor):
        with open(descriptor, "wb") as file:
            file.write(data)
        with suppress(FileExistsError):
            place.link(name, to=temporary)
        place.unlink(temporary)


@contextmanager
def _new(place: Place, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the name and the descriptor of a new file, which is removed after an error."""
    name = f"{prefix}{secrets.token_hex(8)}"
    descriptor = place.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        yield name, descriptor
    except BaseException:
        place.unlink(name)
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
            for name in place.names():
                if name in names or name.startswith(beginnings):
                    place.unlink(name)
        folder.rmdir()


def keep_private(folder: Path) -> None:
    """Create `folder` if needed, and close it to other users.

    Raises `OSError` if another user owns it or could write to it: its files may be theirs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opened(folder) as place:
        place.keep_private()
