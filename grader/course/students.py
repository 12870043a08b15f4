"""Finds the folders of a class and gives each a safe place for its report.

The name of a folder is a stranger's string: it may hold anything that a file system takes.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import untrusted_files
from grader.course.roster import Person
from grader.errors import UsageError
from grader.submission.loader import left_by_a_program

_UNSAFE = re.compile(r"[^\w.@+ -]")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")  # no file names on Windows
_OURS = ("class.html", "class.json", "grades.csv")
"""What the grader writes beside the students' folders."""
_LONGEST = 56  # 255 bytes, whatever the letters
_DIGEST = 8
_SECRET = 32
SALT = ".anonymous"
"""The file that keeps aliases the same from run to run."""


@dataclass(frozen=True)
class Student:
    """A folder that was handed in; `name` is what pages call it, `out` where its report goes."""

    folder: Path
    name: str
    out: str
    person: Person | None = None


def in_class(folder: Path, out: Path) -> tuple[list[Path], list[str]]:
    """Return the students' folders in `folder`, sorted, and what lies there and is none.

    What programs leave there doesn't count, nor does `out`. Raises `UsageError`.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda path: _natural(path.name))
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}.") from None
    seen = [path for path in entries if not left_by_a_program(path.name)]
    # A link may lead to another student's folder, or out of the class.
    folders = [path for path in seen if _is_folder(path) and path.resolve() != out.resolve()]
    if not folders:
        raise UsageError(f"{folder} holds no folders; --class takes a folder with one a student.")
    return folders, [printable(path.name) for path in seen if not _is_folder(path)]


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def students(folders: Sequence[Path], people: Mapping[str, Person]) -> list[Student]:
    """Return a student a folder, in this order; equal or unsafe names get a digest.

    `people` are those in the roster, by name of the folder.
    """
    whole = [folder.resolve() for folder in folders]
    if len(set(whole)) < len(whole):
        again = next(path for path, count in Counter(whole).items() if count > 1)
        raise UsageError(f"{again} was given twice.")
    names = [printable(path.name) for path in whole]
    wanted = [_safe(path.name) for path in whole]
    taken = Counter(_folded(name) for name in wanted)
    same = Counter(names)
    found = []
    for path, name, safe in zip(whole, names, wanted, strict=True):
        digest = hashlib.sha256(os.fsencode(path if same[name] > 1 else path.name)).hexdigest()[:_DIGEST]
        plain = safe == path.name and taken[_folded(safe)] == 1
        label = f"{name} ({digest})" if same[name] > 1 else name
        out = safe if plain else f"{safe}-{digest}"
        found.append(Student(path, label, out, people.get(path.name)))
    return found


def anonymous(found: Sequence[Student], out: Path) -> list[Student]:
    """Return the students under aliases, in the order of these; the secret in `out` keeps them."""
    secret = _secret(out / SALT)
    hidden = []
    for student in found:
        digest = hmac.new(secret, student.out.encode(), hashlib.sha256).hexdigest()[:_DIGEST]
        alias = f"student-{digest}"
        hidden.append(replace(student, name=alias, out=alias))
    return sorted(hidden, key=lambda student: student.name)


def printable(name: str) -> str:
    """Return `name` with codes for what cannot be printed."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _secret(path: Path) -> bytes:
    try:
        untrusted_files.write_once(path.parent, path.name, secrets.token_bytes(_SECRET))
        secret = untrusted_files.read(path.parent, path.name, _SECRET)
    except OSError as error:
        raise UsageError(f"{path} cannot be read or cannot be written: {error.strerror}.") from None
    if len(secret) != _SECRET:
        raise UsageError(f"{path} is not what grade writes; take it away.")
    return secret


def _safe(name: str) -> str:
    safe = _UNSAFE.sub("_", os.fsencode(name).decode("utf-8", "replace"))[:_LONGEST].strip(". ")
    return (
        f"_{safe}"
        if not safe or _RESERVED.match(safe) or safe[0] in "-+@" or _folded(safe) in _OURS
        else safe
    )


def _folded(name: str) -> str:
    """Return what file systems that ignore case and composition take a name for."""
    return unicodedata.normalize("NFKC", name).casefold()


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts `student9` before `student10`."""
    parts = re.split(r"([0-9]{1,15})", name)
    numbers = [part.isascii() and part.isdigit() for part in parts]
    return [(number, int(part) if number else 0, part) for number, part in zip(numbers, parts, strict=True)]
