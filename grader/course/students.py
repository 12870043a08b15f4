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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import untrusted_files
from grader.course.identity import HandedIn, same
from grader.course.roster import Person
from grader.errors import UsageError
from grader.submission.loader import left_by_a_program, printable

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
    """What was handed in; `name` is what pages call it, `out` where its report goes."""

    handed: HandedIn
    name: str
    out: str
    people: tuple[Person, ...] = ()
    """Who handed it in, as the roster or the download says; several for a group."""

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.handed.folder


def in_class(folder: Path, out: Path) -> tuple[list[Path], list[str]]:
    """Return the folders in `folder`, sorted, and the names of what lies there and is none.

    What programs leave there doesn't count, nor does `out`. Raises `UsageError`.
    """
    reports = os.path.realpath(out)
    try:
        with os.scandir(folder) as entries:
            seen = sorted(
                (entry for entry in entries if not left_by_a_program(entry.name)),
                key=lambda entry: natural(entry.name),
            )
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}.") from None
    # A link may lead to another student's folder, or out of the class.
    found = [entry for entry in seen if entry.is_dir(follow_symlinks=False)]
    folders = [Path(entry.path) for entry in found if os.path.realpath(entry.path) != reports]
    return folders, [entry.name for entry in seen if entry not in found]


def students(handed: Sequence[HandedIn], people: Sequence[tuple[Person, ...]]) -> list[Student]:
    """Return a student for each of `handed`, in this order; equal or unsafe names get a digest.

    `people` are those of each one. Raises `UsageError` if a folder is there twice.
    """
    whole = [one.folder.resolve() for one in handed]
    if len(set(whole)) < len(whole):
        again = next(path for path, count in Counter(whole).items() if count > 1)
        raise UsageError(f"{again} was given twice.")
    written = [one.name for one in handed]
    names = [printable(name) for name in written]
    safe = [_safe(name) for name in written]
    count = Counter(names)
    digests = [
        hashlib.sha256(os.fsencode(path if count[name] > 1 else original)).hexdigest()[:_DIGEST]
        for path, name, original in zip(whole, names, written, strict=True)
    ]
    labels = _apart(names, [f"{n} ({d})" for n, d in zip(names, digests, strict=True)], same)
    long = [f"{name}-{digest}" for name, digest in zip(safe, digests, strict=True)]
    plain = [
        name if name == original else other for original, name, other in zip(written, safe, long, strict=True)
    ]
    outs = _apart(plain, long, _folded)
    return [
        Student(one, label, out, theirs)
        for one, label, out, theirs in zip(handed, labels, outs, people, strict=True)
    ]


def _apart(short: Sequence[str], long: Sequence[str], folded: Callable[[str], str]) -> list[str]:
    """Return each name short, or long if another one, short or long, is the same once folded."""
    chosen = list(short)
    while True:
        count = Counter(map(folded, chosen))
        mixed_up = [n for n, name in enumerate(chosen) if count[folded(name)] > 1 and name != long[n]]
        if not mixed_up:
            return chosen
        for number in mixed_up:
            chosen[number] = long[number]


def anonymous(found: Sequence[Student], out: Path) -> list[Student]:
    """Return the students under aliases, in the order of these; the secret in `out` keeps them."""
    secret = _secret(out / SALT)
    hidden = []
    for student in found:
        digest = hmac.new(secret, student.out.encode(), hashlib.sha256).hexdigest()[:_DIGEST]
        alias = f"student-{digest}"
        hidden.append(replace(student, name=alias, out=alias))
    return sorted(hidden, key=lambda student: student.name)


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


def natural(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts `student9` before `student10`."""
    parts = re.split(r"([0-9]{1,15})", name)
    numbers = [part.isascii() and part.isdigit() for part in parts]
    return [(number, int(part) if number else 0, part) for number, part in zip(numbers, parts, strict=True)]
