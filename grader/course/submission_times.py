"""Finds out when a folder was handed in. All of it is a student's word, and so are these times."""

import os
import re
import stat
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from grader import programs
from grader.submission.loader import left_by_a_program

_REFERENCE = re.compile(r"ref: (refs/heads/[\w][\w./-]{0,200})")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_COMMITTER = re.compile(rb"\ncommitter [^\n]*> (\d{1,12}) [+-]\d{4}\n")
_SECONDS = 10
_LAST = 253_000_000_000  # in the year 9987, a time zone short of where calendars end
_MOST = 10_000


def newest_file(folder: Path) -> datetime | None:
    """Return when the newest plain file in `folder` was changed; what programs leave doesn't count."""
    newest: float | None = None
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not left_by_a_program(name)]
        for name in files:
            seen += 1
            if seen > _MOST:
                return None
            status = os.lstat(os.path.join(place, name))
            if stat.S_ISREG(status.st_mode) and not left_by_a_program(name):
                newest = max(newest or 0, status.st_mtime)
    return None if newest is None else _moment(newest)


def committed(folder: Path) -> datetime | None:
    """Return when the last commit was made; None where there is no repository that can be read.

    The repository is a stranger's: its settings may name programs for git to run. So git looks at
    its objects only, from an empty repository with settings of its own.
    """
    commit = _head(folder / ".git")
    git = programs.find("git")
    if commit is None or git is None:
        return None
    with tempfile.TemporaryDirectory() as empty:
        environment = {
            "PATH": programs.search_path(),
            "HOME": empty,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
        }
        try:
            subprocess.run(
                [git, "init", "--quiet", "--bare", empty],
                env=environment,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
            objects = str((folder / ".git" / "objects").resolve())
            found = subprocess.run(
                [git, "--git-dir", empty, "cat-file", "commit", commit],
                env=environment | {"GIT_OBJECT_DIRECTORY": objects},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
    time = _COMMITTER.search(found.stdout.partition(b"\n\n")[0] + b"\n")
    return None if time is None else _moment(int(time[1]))


def _moment(seconds: float) -> datetime | None:
    """Return a time since 1970; None for one that no calendar here holds: a student can set any."""
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < _LAST else None


def _head(repository: Path) -> str | None:
    text = _line(repository / "HEAD")
    if _COMMIT.fullmatch(text):
        return text
    reference = _REFERENCE.fullmatch(text)
    if reference is None or ".." in text:
        return None
    commit = _line(repository / reference[1])
    if not commit:
        packed = _text(repository / "packed-refs").splitlines()
        commit = next((line[:40] for line in packed if line[40:] == f" {reference[1]}"), "")
    return commit if _COMMIT.fullmatch(commit) else None


def _line(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            return file.read(1 << 20).decode("ascii", "replace")
    except OSError:
        return ""
