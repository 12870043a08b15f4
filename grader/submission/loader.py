"""Reads a submission: a stranger's folder, so only plain files in it, no links, and never too much."""

import difflib
import hashlib
import itertools
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.layout import SUFFIXES, TOP, brought_up, elsewhere, folder_of, module_folders
from grader.submission.notebook import MOST_PARSED, code_of

_MAX_FILE = 8 << 20
_MAX_TOTAL = 32 << 20
_MAX_FILES = 500
_MAX_NAME = 160
"""Of a file's path below the folder, in characters; so all names together fit into one message."""
_MAX_ENTRIES = 50_000
_MAX_DEPTH = 6
_MOST_NOTES = 20
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_LEFT_BY_PROGRAMS = ("__pycache__", "__MACOSX")
_SHOWN = 3
_MAX_SHOWN = 1 << 17
"""Bytes at the beginning of a file whose lines are shown: what a person wrote is shorter."""
_MAX_NOTEBOOK = 2 << 20
_PICTURE = re.compile(rb'(?<!\\)"[A-Za-z0-9+/=\\]{2000,}(?<!\\)"')
"""A string of a notebook that holds the bytes of a picture."""
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
        """Return the lines of a file as Python counts them; of a long file those at its beginning."""
        data = self.files.get(path, b"")[:_MAX_SHOWN].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data.decode("utf-8-sig", "replace").split("\n")


def read_submission(folder: Path, modules: tuple[str, ...]) -> Submission:
    """Return what is in `folder`; `modules` are the names that the tasks look for.

    Raises `SubmissionError` where there is no folder or none of the modules in it.
    """
    if not os.path.exists(folder):
        raise SubmissionError(f"{folder} does not exist, or what holds it cannot be read.")
    if not folder.is_dir():
        what = (
            "an archive; unpack it and give the folder"
            if _is_archive(folder.name)
            else "a file; give the folder"
        )
        raise SubmissionError(f"{folder} is {what} that holds it.")
    notes: dict[str, str] = {}
    files = _from_where_they_lie(_files(folder, notes), notes, modules, folder)
    _take_notebooks(files, notes, modules)
    submission = Submission(printable(folder.resolve().name), files, {})
    missing = [name for name in modules if not submission.module(name) and f"{name}.py" not in notes]
    if len(missing) == len(modules):
        raise SubmissionError(_nothing_known(folder, files, modules))
    for name in missing:
        why = elsewhere(files, name)
        if why:
            notes[f"{name}.py"] = why
    return replace(submission, notes=_fewer(notes, modules))


def left_by_a_program(name: str) -> bool:
    """Whether a file or folder of this name is nobody's work: hidden, a cache, a Mac's in an archive."""
    return name.startswith(".") or name in _LEFT_BY_PROGRAMS


def _files(folder: Path, notes: dict[str, str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
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
    return files


def _from_where_they_lie(
    files: dict[str, bytes], notes: dict[str, str], modules: tuple[str, ...], folder: Path
) -> dict[str, bytes]:
    """Return the files by their path below the folders that hold what is looked for, mostly one."""
    found = module_folders([*files, *notes], modules)
    if TOP in found or not found:
        return files
    moved = brought_up(files, found) if len(found) <= len(modules) else None
    listed = ", ".join(f"`{place}`" for place in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    if moved is None:
        raise SubmissionError(
            f"{folder} holds several versions of what is looked for, in {listed}; hand in one of them."
        )
    for path in list(notes):
        notes[path.removeprefix(folder_of(path, found) or TOP)] = notes.pop(path)
    notes[found[0]] = f"the files were taken from {listed}, where what is looked for lies"
    return moved


def _fewer(notes: dict[str, str], modules: tuple[str, ...]) -> dict[str, str]:
    """Return the notes about what tasks look for, and of many others the first ones."""
    looked_for = {f"{name}{suffix}" for name in modules for suffix in SUFFIXES}
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
        if left_by_a_program(entry.name):
            continue
        if not entry.name.isprintable():  # control characters, bytes that are no text
            notes[ascii(path)] = f"{path!a} has a name that cannot be printed; it was left out"
            continue
        if len(path) > _MAX_NAME:
            notes[path] = f"`{path[:60]}…` has a path of more than {_MAX_NAME} characters; it was left out"
        elif entry.is_symlink():
            if entry.name.endswith(SUFFIXES):
                notes[path] = f"`{path}` is a link; links are not followed, hand in the file itself"
        elif entry.is_dir(follow_symlinks=False):
            if entry.name.endswith(".py"):
                notes[path] = f"`{path}` is a folder, not a Python file"
            elif depth < _MAX_DEPTH:
                try:
                    yield from _walk(Path(entry.path), f"{path}/", notes, depth + 1, seen)
                except OSError as error:
                    notes[path] = f"`{path}/` cannot be read ({error.strerror})"
        elif entry.name.endswith(SUFFIXES):
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
    """Turn a notebook that stands in place of a module into that module, a lone one into all of them."""
    for name in modules:
        if f"{name}.ipynb" in notes and f"{name}.py" not in files:
            notes[f"{name}.py"] = notes.pop(f"{name}.ipynb")
    notebooks = [path for path in files if path.endswith(".ipynb")]
    named = [name for name in modules if f"{name}.ipynb" in files]
    if notebooks == list(files) and len(notebooks) == 1 and not named:
        _take_notebook(notebooks[0], files, notes, modules, MOST_PARSED)
    for name in named:
        if f"{name}.py" not in files and f"{name}/__init__.py" not in files:
            _take_notebook(f"{name}.ipynb", files, notes, (name,), MOST_PARSED // len(named))
    for path in notebooks:
        del files[path]


def _take_notebook(
    path: str,
    files: dict[str, bytes],
    notes: dict[str, str],
    modules: tuple[str, ...],
    most_parsed: int,
) -> None:
    into = [f"{name}.py" for name in modules]
    data = files[path]
    if len(data) > _MAX_NOTEBOOK:
        data = _PICTURE.sub(b'""', data)
    if len(data) > _MAX_NOTEBOOK:  # pictures apart, reading takes many times as much memory
        note = f"`{path}` is a notebook of more than {_MAX_NOTEBOOK >> 20} MiB; clear its outputs"
        notes.update(dict.fromkeys(into, note))
        return
    try:
        code = code_of(json.loads(data), most_parsed).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        notes.update(dict.fromkeys(into, f"`{path}` is not a notebook that can be read"))
        return
    files.update(dict.fromkeys(into, code))
    notes[path] = (
        f"`{path}` is a notebook: its code cells were taken as "
        f"{f'`{into[0]}`' if len(into) == 1 else 'every file that is looked for'}, "
        "without what only a notebook understands"
    )


def _is_archive(name: str) -> bool:
    return name.lower().endswith(_ARCHIVES)


def printable(name: str) -> str:
    """Return the name of a file or folder with codes for what cannot be printed, as `M\\xfcller`."""
    if name.isprintable():
        return name
    shown = "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else ascii(c)[1:-1] for c in name)
    return shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")  # of bytes


def _nothing_known(folder: Path, files: dict[str, bytes], modules: tuple[str, ...]) -> str:
    looked_for = ", ".join(f"{name}.py" for name in modules)
    hints = []
    for path in files:
        stem = path.rsplit("/", 1)[-1].removesuffix(".py")
        near = nearest(stem, list(modules))
        if near:
            hints.append(f"Is {path} meant to be {near}.py?")
    hints += [f"{why[:1].upper()}{why[1:]}." for why in (elsewhere(files, name) for name in modules) if why]
    message = f"{folder} holds none of the files that are looked for: {looked_for}."
    return " ".join([message, *hints[:_SHOWN], _what_is_there(folder)])


def _what_is_there(folder: Path) -> str:
    """Return what a person would see in the folder, and what to do with an archive."""
    with os.scandir(folder) as entries:
        seen = [entry.name for entry in itertools.islice(entries, _MAX_ENTRIES)]
    names = [printable(name)[:_MAX_NAME] for name in sorted(seen) if not left_by_a_program(name)]
    if not names:
        return "It is empty."
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    archive = next((f" Unpack {name} first." for name in names if _is_archive(name)), "")
    return f"It holds {', '.join(names[:_SHOWN])}{more}.{archive}"
