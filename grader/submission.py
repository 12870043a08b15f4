"""Reads a submission: a stranger's folder, so only plain files in it, no links, and never too much."""

import ast
import difflib
import hashlib
import itertools
import json
import os
import re
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.errors import SubmissionError

_MAX_FILE = 8 << 20
_MAX_TOTAL = 32 << 20
_MAX_FILES = 500
_MAX_NAME = 160
"""Of a file's path below the folder, in characters; so all names together fit into one message."""
_MAX_ENTRIES = 50_000
_MAX_DEPTH = 6
_MOST_NOTES = 20
_SUFFIXES = (".py", ".ipynb")
_PYTHON_MAGICS = ("time", "timeit", "capture", "prun")  # of a cell that is Python all the same
# `%magic`, `!command`, `?help` and `help?`, `name = %magic`, `name = !command`
_MAGIC = re.compile(r"[%!?].*|[\w.]+\?\??|\w[\w, ]*=\s*[%!].*")
_LONGEST_MAGIC = 1000
_LONGEST_CELL = 1 << 16
_MAX_NOTEBOOK = 2 << 20
# Without waiting for a FIFO's other end, and never through a link put there since; by name, since
# not every system has all of them.
_READING = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


@dataclass(frozen=True)
class Submission:
    """The files of a submission, by path below its folder, and what was noticed on the way."""

    name: str
    files: dict[str, bytes]
    notes: dict[str, str]
    """What was noticed about a file: path, sentence."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of names and contents."""
        whole = hashlib.sha256()
        for path, data in sorted(self.files.items()):
            name = path.encode()
            for part in (name, data):
                whole.update(len(part).to_bytes(8, "little") + part)
        return whole.hexdigest()

    def module(self, name: str) -> str | None:
        """Return the file that `import name` would take, a package's `__init__.py` first."""
        for path in (f"{name}/__init__.py", f"{name}.py"):
            if path in self.files:
                return path
        return None

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file as Python counts them."""
        text = self.files.get(path, b"").decode("utf-8-sig", "replace")
        return re.split(r"\r\n|\r|\n", text)


def read_submission(folder: Path, modules: tuple[str, ...]) -> Submission:
    """Return what is in `folder`; `modules` are the names that the tasks look for.

    Raises `SubmissionError` where there is no folder or none of the modules in it.
    """
    if not folder.exists():
        raise SubmissionError(f"{folder} does not exist.")
    if not folder.is_dir():
        raise SubmissionError(f"{folder} is a file; give the folder that holds it.")
    files: dict[str, bytes] = {}
    notes: dict[str, str] = {}
    total = 0
    try:
        for path, entry in _walk(folder, "", notes, 0, itertools.count()):
            data = _contents(entry, path, notes)
            if data is None:
                continue
            total += len(data)
            if len(files) >= _MAX_FILES or total > _MAX_TOTAL:
                raise SubmissionError(
                    f"{folder} holds more than {_MAX_FILES} Python files or "
                    f"{_MAX_TOTAL >> 20} MiB of them; this does not look like a submission."
                )
            files[path] = data
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error.strerror}.") from None
    _take_notebooks(files, notes, modules)
    submission = Submission(_printable(folder.resolve().name), files, _fewer(notes, modules))
    if not any(submission.module(name) or f"{name}.py" in notes for name in modules):
        raise SubmissionError(_nothing_known(folder, files, modules))
    return submission


def _fewer(notes: dict[str, str], modules: tuple[str, ...]) -> dict[str, str]:
    """Return the notes about what tasks look for, and of many others the first ones."""
    looked_for = {f"{name}{suffix}" for name in modules for suffix in _SUFFIXES}
    others = [path for path in notes if path not in looked_for]
    dropped = set(others[_MOST_NOTES:])
    kept = {path: note for path, note in notes.items() if path not in dropped}
    if len(others) > _MOST_NOTES:
        kept["\U0010ffff"] = f"{len(others) - _MOST_NOTES} more files were left out"  # sorts last
    return kept


def nearest(name: str, candidates: list[str]) -> str | None:
    """Return the candidate whose name is nearest to `name`, upper and lower case alike."""
    lowered = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.7)
    return lowered[found[0]] if found else None


def _walk(
    folder: Path, prefix: str, notes: dict[str, str], depth: int, seen: Iterator[int]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        found = sorted(itertools.islice(entries, _MAX_ENTRIES + 1), key=lambda entry: entry.name)
    for entry in found:
        if next(seen) >= _MAX_ENTRIES:
            raise SubmissionError(
                f"{folder} and the folders in it hold more than {_MAX_ENTRIES} files; "
                "this does not look like a submission."
            )
        path = prefix + entry.name
        if entry.name.startswith(".") or entry.name == "__pycache__":
            continue
        if not entry.name.isprintable():  # control characters, bytes that are no text
            notes[ascii(path)] = f"{path!a} has a name that cannot be printed; it was left out"
            continue
        if len(path) > _MAX_NAME:
            notes[path] = f"`{path[:60]}…` has a path of more than {_MAX_NAME} characters; it was left out"
        elif entry.is_symlink():
            if entry.name.endswith(_SUFFIXES):
                notes[path] = f"`{path}` is a link; links are not followed, hand in the file itself"
        elif entry.is_dir(follow_symlinks=False):
            if entry.name.endswith(".py"):
                notes[path] = f"`{path}` is a folder, not a Python file"
            elif depth < _MAX_DEPTH:
                try:
                    yield from _walk(Path(entry.path), f"{path}/", notes, depth + 1, seen)
                except OSError as error:
                    notes[path] = f"`{path}/` cannot be read ({error.strerror})"
        elif entry.name.endswith(_SUFFIXES):
            yield path, entry


def _contents(entry: os.DirEntry[str], path: str, notes: dict[str, str]) -> bytes | None:
    try:
        descriptor = os.open(entry.path, _READING)
    except OSError as error:
        notes[path] = f"`{path}` cannot be read ({error.strerror})"
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            notes[path] = f"`{path}` is not a plain file"
            return None
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        notes[path] = f"`{path}` is longer than {_MAX_FILE >> 20} MiB"
        return None
    return data


def _take_notebooks(files: dict[str, bytes], notes: dict[str, str], modules: tuple[str, ...]) -> None:
    """Turn a notebook that stands in place of a module into that module."""
    for name in modules:
        notebook = files.get(f"{name}.ipynb")
        if notebook is None or f"{name}.py" in files or f"{name}/__init__.py" in files:
            continue
        try:
            if len(notebook) > _MAX_NOTEBOOK:
                raise ValueError("too long")
            files[f"{name}.py"] = _code_of(json.loads(notebook)).encode()
            notes[f"{name}.ipynb"] = (
                f"`{name}.ipynb` is a notebook: its code cells were taken as `{name}.py`, "
                "without lines that begin with % or !"
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            notes[f"{name}.py"] = f"`{name}.ipynb` is not a notebook that can be read"
    for path in [path for path in files if path.endswith(".ipynb")]:
        del files[path]


def _code_of(notebook: Any) -> str:
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            text = source if isinstance(source, str) else "".join(source)
            first, _, rest = text.lstrip().partition("\n")
            if first.startswith("%%"):
                if first[2:].split(" ")[0] not in _PYTHON_MAGICS:
                    continue
                text = rest
            cells.append(text if _is_python(text) else "\n".join(map(_without_magic, text.split("\n"))))
    return "\n\n".join(cells) + "\n"


def _without_magic(line: str) -> str:
    code = line.strip()
    if len(code) <= _LONGEST_MAGIC and _MAGIC.fullmatch(code):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def _is_python(text: str) -> bool:
    if len(text) > _LONGEST_CELL:  # a parser takes much time and memory; no person writes that
        return False
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def parse(source: str | bytes) -> ast.Module:
    """Return the syntax tree of a stranger's source; what Python warns of is not for the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)[1:-1]


def _nothing_known(folder: Path, files: dict[str, bytes], modules: tuple[str, ...]) -> str:
    looked_for = ", ".join(f"{name}.py" for name in modules)
    message = f"{folder} holds none of the files that are looked for: {looked_for}."
    hints = []
    for path in files:
        stem = path.rsplit("/", 1)[-1].removesuffix(".py")
        near = nearest(stem, list(modules))
        if near:
            hints.append(f"Is {path} meant to be {near}.py?")
    return " ".join([message, *hints[:3]])
