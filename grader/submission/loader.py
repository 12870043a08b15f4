"""Reading of a submission from a stranger's folder: plain files only, no links, within limits."""

import hashlib
import itertools
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from grader.errors import SubmissionError
from grader.results.message import Message
from grader.submission.layout import SUFFIXES, folder_of, known_as, lacks_init, stem_of
from grader.submission.newlines import with_newlines
from grader.submission.notebook import Cells
from grader.submission.selection import Selection
from grader.submission.unfinished import defined
from grader.submission.written import Written, find_written
from grader.suggestions import nearest

_MAX_FILE = 8 << 20
_MAX_TOTAL = 32 << 20
_MAX_FILES = 500
_MAX_NAME = 160
"""Characters of a file's path in the submission; all paths together must fit into one message."""
_MAX_ENTRIES = 50_000
_MAX_DEPTH = 6
_MOST_NOTES = 20
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_LEFT_BY_PROGRAMS = ("__pycache__", "__MACOSX", "node_modules", "site-packages", "dist-packages")
_COMPILED = (".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib")
_ENVIRONMENT = "pyvenv.cfg"
"""A folder with this file is a virtual environment."""
_SHOWN = 3
_NOTHING = Message.of("absent")
_MAX_SHOWN = 1 << 17
"""Bytes at the beginning of a file whose lines can be shown; what a person writes is shorter."""
_CELL = re.compile(r"(.*), cell (\d{1,6})")
# Without waiting for a FIFO's other end, and never through a link put there since; by name, since
# not every system has all of them.
_READING = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


@dataclass(frozen=True)
class Submission:
    """A submission: its files by path in its folder, and notes about them."""

    name: str
    files: dict[str, bytes]
    notes: dict[str, Message]
    """Notes by path: what is to be said about the file."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """The folder of each module that a task asks for, with a slash at the end."""
    notebooks: Mapping[str, str] = field(default_factory=dict)
    """The notebook of each file that was made from one."""
    written: Mapping[str, Written] = field(default_factory=dict)
    """By the file that a task asks for: the answers in words."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all names and contents."""
        whole = hashlib.sha256()
        for path, data in sorted(self.files.items()):
            name = path.encode()
            for part in (name, data):
                whole.update(len(part).to_bytes(8, "little") + part)
        for wanted, found in sorted(self.written.items()):
            for text in (wanted, found.path, found.text):  # a notebook's texts are in no file
                part = text.encode("utf-8", "replace")
                whole.update(len(part).to_bytes(8, "little") + part)
        return whole.hexdigest()

    def module(self, name: str) -> str | None:
        """Return the file of a module, which may be a path; a package's `__init__.py` comes first."""
        place = f"{self.base(name)}{stem_of(name)}"
        for path in (f"{place}/__init__.py", f"{place}.py"):
            if path in self.files:
                return path
        return None

    def base(self, name: str) -> str:
        """Return the folder of a module, with a slash at the end."""
        return self.bases.get(name, folder_of(name))

    def seen_from(self, name: str) -> dict[str, bytes]:
        """Return the files by the paths at which the module `name` can import them.

        Python compares names by NFKC, so each file is there by that name as well.
        """
        base = self.base(name)
        beside = {path.removeprefix(base): data for path, data in self.files.items() if path.startswith(base)}
        found = {**self.files, **beside}
        return {unicodedata.normalize("NFKC", path): data for path, data in found.items()} | found

    def place(self, path: str, line: int) -> tuple[str, int]:
        """Return a line's place as its author knows it: for a notebook, the cell and the line in it."""
        notebook = self.notebooks.get(path)
        if notebook is None:
            return path, line
        cell, line = self._cells[notebook].place(line)
        return f"{notebook}, cell {cell}", line

    @cached_property
    def _cells(self) -> dict[str, Cells]:
        return {
            notebook: Cells.of(_lines(self.files.get(path, b""))) for path, notebook in self.notebooks.items()
        }

    def holds(self, path: str) -> bool:
        """Whether a path from `place` belongs to a file or a cell."""
        cell = _CELL.fullmatch(path)
        return path in self.files or (cell is not None and cell[1] in self._cells)

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file as Python counts them; for a long file, those at its beginning."""
        cell = _CELL.fullmatch(path)
        if cell is not None and cell[1] in self._cells:
            return self._cells[cell[1]].lines_of(int(cell[2]))
        return _lines(self.files.get(path, b"")[:_MAX_SHOWN])


def read_submission(
    folder: Path,
    modules: tuple[str, ...],
    wanted: Mapping[str, Sequence[str]] | None = None,
    *,
    written: tuple[str, ...] = (),
    most_entries: int = _MAX_ENTRIES,
) -> Submission:
    """Return the submission in `folder`; `modules` are to be found, `wanted` are the names that each defines.

    `written` are the files with answers in words. Raises `SubmissionError` if there is no folder, or none of
    the modules and files in it.
    """
    if not os.path.exists(folder):
        raise SubmissionError(f"{folder} does not exist, or its parent folder cannot be read.")
    if not folder.is_dir():
        what = (
            "an archive; unpack it and give the folder"
            if _is_archive(folder.name)
            else "a file; give the folder"
        )
        raise SubmissionError(f"{folder} is {what} that holds it.")
    notes: dict[str, Message] = {}
    files = _files(folder, notes, most_entries)
    answers = {name: found for name in written if (found := find_written(files, name)) is not None}
    selection = Selection(files, notes)
    selection.take(modules, wanted or {})
    submission = Submission(
        printable(folder.resolve().name),
        _that_can_be_written(selection.files, notes),
        {},
        selection.bases,
        selection.notebooks,
        answers,
    )
    for found in answers.values():
        if notes.get(found.path, _NOTHING).id == "not_asked_for":
            del notes[found.path]
    missing = [name for name in modules if not submission.module(name) and f"{name}.py" not in notes]
    if answers and len(missing) == len(modules):
        return replace(submission, notes=_fewer(notes, modules))
    if len(missing) == len(modules) or (selection.several and not any(map(submission.module, modules))):
        raise SubmissionError(_nothing_known(folder, selection, modules, written, wanted or {}))
    for name in missing:
        if lacks_init(selection.files, name):
            notes[f"{name}.py"] = Message.of("no_package", folder=f"{name}/")
    return replace(submission, notes=_fewer(notes, modules))


def _that_can_be_written(files: Mapping[str, bytes], notes: dict[str, Message]) -> dict[str, bytes]:
    """Return the files that can lie in one folder; a note says which do not.

    A cell of a notebook can name any path, and so can a zip file made on Windows: one that is too long, or
    that goes through a file as if it were a folder.
    """
    kept = {}
    for path, data in files.items():
        impossible = {"", ".", ".."} & {*path.split("/")} or len(path) > _MAX_NAME
        if impossible or folders_above(path) & files.keys():
            notes[path[:_MAX_NAME]] = Message.of("path_not_possible", path=path[:60])
        else:
            kept[path] = data
    return kept


def folders_above(path: str) -> set[str]:
    """Return the folders that a path goes through."""
    parts = path.split("/")
    return {"/".join(parts[:number]) for number in range(1, len(parts))}


def left_by_a_program(name: str) -> bool:
    """Whether this name is not a student's work: hidden, a cache, or added to an archive by macOS."""
    return name.startswith(".") or name in _LEFT_BY_PROGRAMS or name.lower().endswith(_COMPILED)


def files_in(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the path and the entry of each file. Raises `OSError` or `SubmissionError`."""
    yield from _walk(folder, "", {}, 0, itertools.count(), _MAX_ENTRIES)


def _files(folder: Path, notes: dict[str, Message], most_entries: int) -> dict[str, bytes]:
    """Return all plain files. Data files beyond the limits are left out, with a note."""
    files: dict[str, bytes] = {}
    total = {True: 0, False: 0}
    count = {True: 0, False: 0}
    left_out = Counter[str]()
    try:
        for path, entry in _walk(folder, "", notes, 0, itertools.count(), most_entries):
            code = bool(known_as(entry.name)[1])
            if not code and (
                count[code] >= _MAX_FILES or entry.stat(follow_symlinks=False).st_size > _MAX_FILE
            ):
                left_out[folder_of(path)] += 1
                continue
            data = _contents(entry, path, notes)
            if data is None:
                continue
            if not code and total[code] + len(data) > _MAX_TOTAL:
                left_out[folder_of(path)] += 1
                continue
            total[code] += len(data)
            count[code] += 1
            if code and (count[code] > _MAX_FILES or total[code] > _MAX_TOTAL):
                (most, _), *_ = Counter(path.partition("/")[0] for path in files).most_common(1)
                raise SubmissionError(
                    f"{folder} holds more than {_MAX_FILES} Python files or {_MAX_TOTAL >> 20} MiB of them, "
                    f"most of them in `{most}`; this does not look like a submission."
                )
            files.setdefault(path, data)
    except OSError as error:
        raise SubmissionError(f"{folder} cannot be read: {error.strerror}.") from error
    for place, number in left_out.items():
        notes[f"{place}*"] = Message.of(
            "data_files_left_out",
            count=number,
            folder=place or "./",
            most_files=_MAX_FILES,
            most_bytes=_MAX_FILE,
            most_in_all=_MAX_TOTAL,
        )
    return files


def _fewer(notes: dict[str, Message], modules: tuple[str, ...]) -> dict[str, Message]:
    """Return the notes about modules of the tasks, and the first ones about other files."""
    looked_for = {f"{name}{suffix}" for name in modules for suffix in SUFFIXES}
    others = [path for path in notes if path not in looked_for]
    dropped = set(others[_MOST_NOTES:])
    kept = {path: note for path, note in notes.items() if path not in dropped}
    if len(others) > _MOST_NOTES:
        kept["\U0010ffff"] = Message.of("more_files_left_out", count=len(others) - _MOST_NOTES)  # sorts last
    return kept


def _walk(
    folder: Path, prefix: str, notes: dict[str, Message], depth: int, seen: Iterator[int], most_entries: int
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        found = sorted(itertools.islice(entries, most_entries + 1), key=lambda entry: entry.name)
    if prefix and any(entry.name == _ENVIRONMENT for entry in found):
        return
    for entry in found:
        if next(seen) >= most_entries:
            raise SubmissionError(
                f"{folder} and the folders in it hold more than {most_entries} files; "
                "this does not look like a submission."
            )
        path = prefix + _separated(entry.name)
        if left_by_a_program(entry.name):
            continue
        if not entry.name.isprintable():  # control characters, bytes that are no text
            notes[ascii(path)] = Message.of("name_not_printable", path=ascii(path))
            continue
        if len(path) > _MAX_NAME:
            notes[path] = Message.of("path_too_long", path=path[:60], most=_MAX_NAME)
        elif entry.is_symlink():
            if entry.name.endswith(SUFFIXES):
                notes[path] = Message.of("link_not_followed", path=path)
        elif entry.is_dir(follow_symlinks=False):
            if entry.name.endswith(".py"):
                notes[path] = Message.of("folder_not_file", path=path)
            elif depth < _MAX_DEPTH:
                try:
                    yield from _walk(Path(entry.path), f"{path}/", notes, depth + 1, seen, most_entries)
                except OSError as error:
                    notes[path] = Message.of("cannot_be_read", path=f"{path}/", reason=error.strerror or "")
        else:
            yield path, entry


def _separated(name: str) -> str:
    """Return a name with slashes for the backslashes in a zip file made on Windows."""
    parts = [part for part in name.split("\\") if part not in ("", ".", "..")]
    return "/".join(parts) if "\\" in name and parts else name


def _contents(entry: os.DirEntry[str], path: str, notes: dict[str, Message]) -> bytes | None:
    try:
        descriptor = os.open(entry.path, _READING)
    except OSError as error:
        notes[path] = Message.of("cannot_be_read", path=path, reason=error.strerror or "")
        return None
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            notes[path] = Message.of("not_a_plain_file", path=path)
            return None
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        notes[path] = Message.of("file_too_long", path=path, most=_MAX_FILE)
        return None
    return data


def _lines(data: bytes) -> list[str]:
    return with_newlines(data.decode("utf-8-sig", "replace")).split("\n")


def _is_archive(name: str) -> bool:
    return name.lower().endswith(_ARCHIVES)


def printable(name: str) -> str:
    """Return a file name with escape codes for what cannot be printed, as `M\\xfcller`."""
    if name.isprintable():
        return name
    shown = "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" else ascii(c)[1:-1] for c in name)
    return shown.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")  # of bytes


def _nothing_known(
    folder: Path,
    selection: Selection,
    modules: tuple[str, ...],
    written: tuple[str, ...],
    wanted: Mapping[str, Sequence[str]],
) -> str:
    if selection.several:
        listed = sorted({folder_of(path) or "./" for paths in selection.places.values() for path in paths})
        shown = ", ".join(f"`{place}`" for place in listed[:_SHOWN]) + (" …" if len(listed) > _SHOWN else "")
        return f"{folder} holds several versions of the files to grade, in {shown}; hand in one of them."
    looked_for = ", ".join((*(f"{name}.py" for name in modules), *written))
    hints = []
    for path in selection.files:
        stem, kind, _ = known_as(path.rsplit("/", 1)[-1])
        near = nearest(stem, list(modules)) if kind else None
        if near:
            hints.append(f"Is {path} meant to be {near}.py?")
    hints += [
        f"`{name}/` is not a package that Python can import: it has no `__init__.py`."
        for name in modules
        if lacks_init(selection.files, name)
    ]
    message = f"{folder} holds none of the files that the tasks ask for: {looked_for}."
    hints = hints or list(_defined_elsewhere(selection.files, wanted))
    if not hints and len(modules) > 1 and any(path.endswith(".py") for path in selection.files):
        hints.append("Each task is a module of its own.")
    return " ".join([message, *hints[:_SHOWN], _what_is_there(folder)])


def _defined_elsewhere(files: Mapping[str, bytes], wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield which file defines what tasks ask for, and where it belongs."""
    for path, data in itertools.islice(files.items(), _MOST_NOTES):
        if not path.endswith(".py"):
            continue
        belongs = {name: module for module, names in wanted.items() for name in defined(data, names)}
        if belongs:
            names = ", ".join(f"`{name}`" for name in list(belongs)[:_SHOWN])
            where = ", ".join(f"`{module}.py`" for module in dict.fromkeys(list(belongs.values())[:_SHOWN]))
            more = " …" if len(belongs) > _SHOWN else ""
            yield f"{path} defines {names}{more}; each task is a file of its own: {where}{more}."


def _what_is_there(folder: Path) -> str:
    """Return a sentence about what is in the folder, and what to do with an archive."""
    with os.scandir(folder) as entries:
        seen = [entry.name for entry in itertools.islice(entries, _MAX_ENTRIES)]
    names = [printable(name)[:_MAX_NAME] for name in sorted(seen) if not left_by_a_program(name)]
    if not names:
        return "It is empty."
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    archive = next((f" Unpack {name} first." for name in names if _is_archive(name)), "")
    return f"It holds {', '.join(names[:_SHOWN])}{more}.{archive}"
