"""Finds out when a folder was handed in. The student controls these times, like all of the folder."""

import contextlib
import itertools
import os
import re
import stat
import subprocess
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from grader import programs
from grader.submission.loader import left_by_a_program

_REFERENCE = re.compile(r"ref: (refs/heads/[\w][\w./-]{0,200})")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_COMMITTER = re.compile(rb"\ncommitter [^\n]*> (\d{1,12}) [+-]\d{4}\n")
_PACK = re.compile(r"pack-[0-9a-f]{40}\.(pack|idx)")
_MOST_PACKS = 200
_MOST_READ = 1 << 20
_MOST_OF_A_COMMIT = 1 << 16
_SECONDS = 5
_LIMITED = f"ulimit -v {256 << 10} && ulimit -t {_SECONDS} && ulimit -f {_MOST_OF_A_COMMIT >> 9} && exec"
"""Begins a command of a shell: with 256 MiB of memory, and output no longer than is read of a commit."""
_SETTINGS = ("core.packedGitWindowSize=1m", "core.packedGitLimit=32m", "core.deltaBaseCacheLimit=16m")
_LAST = 253_000_000_000  # in the year 9987, a time zone short of where calendars end
_MOST_ENTRIES = 10_000
_DEEPEST = 20


def newest_file(folder: Path, *, most_entries: int = _MOST_ENTRIES) -> datetime | None:
    """Return when the newest plain file in `folder` was changed; what programs leave doesn't count.

    Neither does what cannot be read or lies too deep, which is not graded. None if there is too much.
    """
    newest: float | None = None
    seen = 0
    waiting = [(os.fspath(folder), 0)]
    while waiting:
        place, depth = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                seen += 1
                if seen > most_entries:
                    return None
                if left_by_a_program(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth < _DEEPEST:
                        waiting.append((entry.path, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    newest = max(newest or 0, entry.stat(follow_symlinks=False).st_mtime)
    return None if newest is None else _moment(newest)


def committed(folder: Path) -> datetime | None:
    """Return when the last commit was made; None if there is no repository that can be read.

    The repository is a stranger's. Its settings may name programs for git to run, its links and
    alternates may lead to other people's files, and a commit may be of any size.
    """
    commit = _head(folder)
    if commit is None:
        return None
    data = _loose(folder, commit) or _packed(folder, commit)
    time = _COMMITTER.search(data.partition(b"\n\n")[0] + b"\n")
    return None if time is None else _moment(int(time[1]))


def _moment(seconds: float) -> datetime | None:
    """Return a time since 1970; None for one that no calendar here holds: a student can set any."""
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < _LAST else None


def _head(folder: Path) -> str | None:
    text = _text(folder, ".git/HEAD").strip()
    if _COMMIT.fullmatch(text):
        return text
    reference = _REFERENCE.fullmatch(text)
    if reference is None or ".." in text:
        return None
    commit = _text(folder, f".git/{reference[1]}").strip()
    if not commit:
        packed = _text(folder, ".git/packed-refs").splitlines()
        commit = next((line[:40] for line in packed if line[40:] == f" {reference[1]}"), "")
    return commit if _COMMIT.fullmatch(commit) else None


def _loose(folder: Path, commit: str) -> bytes:
    """Return the beginning of a commit that has a file of its own, empty if there is none."""
    data = _read(folder, f".git/objects/{commit[:2]}/{commit[2:]}")
    try:
        kind, _, content = zlib.decompressobj().decompress(data, _MOST_OF_A_COMMIT).partition(b"\0")
    except zlib.error:
        return b""
    return content if kind.startswith(b"commit ") else b""


def _packed(folder: Path, commit: str) -> bytes:
    """Return the beginning of a commit that lies in a pack, empty if there is none.

    git looks at the packs only, from an empty repository with settings of its own.
    """
    packs, git, shell = _packs(folder), programs.find("git"), programs.find("sh")
    if not packs or git is None or shell is None:
        return b""
    with tempfile.TemporaryDirectory() as empty:
        repository, found = Path(empty, "repository"), Path(empty, "commit")
        for name in ("refs", "objects/pack"):
            (repository / name).mkdir(parents=True)
        (repository / "HEAD").write_text("ref: refs/heads/none\n")
        for pack in packs:
            (repository / "objects" / "pack" / pack.name).symlink_to(pack)
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        order = [git, *settings, "--git-dir", str(repository), "cat-file", "commit", commit]
        with contextlib.suppress(OSError, subprocess.SubprocessError), found.open("wb") as file:
            subprocess.run(
                [shell, "-c", f'{_LIMITED} "$@"', shell, *order],
                cwd=empty,
                env={
                    "PATH": programs.search_path(),
                    "HOME": empty,
                    "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_NO_LAZY_FETCH": "1",
                    "GIT_ALLOW_PROTOCOL": "none",
                },
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        return found.read_bytes() if found.exists() else b""


def _packs(folder: Path) -> list[Path]:
    """Return the files of the packs that are no links, and not reached by one."""
    path = ".git/objects/pack"
    try:
        descriptor = _open(folder, path)
    except OSError:
        return []
    try:
        with os.scandir(descriptor) as entries:
            return [
                Path(os.path.abspath(folder), path, entry.name)
                for entry in itertools.islice(entries, _MOST_PACKS)
                if _PACK.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except OSError:
        return []
    finally:
        os.close(descriptor)


def _text(folder: Path, path: str) -> str:
    return _read(folder, path).decode("ascii", "replace")


def _read(folder: Path, path: str) -> bytes:
    """Return the beginning of a plain file below `folder`, empty if there is none that can be read."""
    try:
        descriptor = _open(folder, path)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return os.read(descriptor, _MOST_READ)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _open(folder: Path, path: str) -> int:
    """Open what lies below `folder`, without following a link on the way. Raises `OSError`."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for name in path.split("/"):
        try:
            # Without waiting for the other end of a FIFO.
            below = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        finally:
            os.close(at)
        at = below
    return at
