"""Finds what each student handed in, in a folder or an archive as a platform or a person gives it.

Folders of students are used where they are. What has to be unpacked or sorted goes into a workspace.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader import untrusted_files
from grader.course.downloads import (
    FILES,
    FOLDERS,
    Part,
    Submitted,
    clones,
    gradescope,
    nbgrader_time,
    recognised,
)
from grader.course.identity import HandedIn, Identity
from grader.course.students import in_class, natural
from grader.errors import SubmissionError, UsageError
from grader.results.message import Message
from grader.submission.archive import Budget, is_archive, of_class, stem, unpack
from grader.submission.layout import known_as
from grader.submission.loader import left_by_a_program, printable

_METADATA = "submission_metadata.yml"
_MOST_METADATA = 256 << 20
_SORTED = "sorted"
"""Where submissions go that had to be unpacked or sorted."""
_STAMP = "timestamp.txt"
_NBGRADER = "submitted"
_BESIDE_NBGRADER = {"source", "release", "gradebook.db", "nbgrader_config.py"}
_MOST_SEEN = 2_000
"""Entries of a folder that are looked at to find out what it holds."""
_LEVELS = 3
"""Folders, or archives in archives, on the way to what a student wrote."""
_MOST_TOP_LEVELS = 5


@dataclass(frozen=True)
class Download:
    """What lies in a download."""

    handed: tuple[HandedIn, ...]
    left_out: tuple[str, ...]
    """What belongs to no student."""
    recognised: tuple[Message, ...]
    """What it was taken for."""


@dataclass
class _Group:
    """All parts of one submission, by where they are."""

    student: str
    parts: list[tuple[Path, Part]]


def read_download(whole: Path, out: Path, modules: Sequence[str], workspace: Path) -> Download:
    """Return what each student handed in, in the folder or the archive `whole`.

    `modules` are those that the tasks ask for. Raises `UsageError` if there are no students.
    """
    budget = of_class()
    notes: list[str] = []
    root = whole
    if not whole.is_dir() and os.path.lexists(whole):
        if not is_archive(whole.name):
            raise UsageError(
                f"{whole} is a file; give the folder or the zip file that holds the submissions."
            )
        root = workspace / "download"
        try:
            notes += unpack(whole, root, budget)
        except SubmissionError as error:
            raise UsageError(f"{whole.parent / str(error)}") from None
    root = _class_folder(root, out, modules)
    folders, files = in_class(root, out)
    nbgrader = _nbgrader(root, folders, modules)
    if nbgrader is not None:
        folders = nbgrader
    platform, groups, others = _groups(root, folders, files, nbgrader is not None)
    if not groups:
        raise UsageError(_no_students(whole, root, files))
    metadata = _gradescope(root, files)
    handed = []
    for number, group in enumerate(sorted(groups, key=lambda group: natural(group.student))):
        handed.append(_handed(group, workspace / _SORTED / f"{number:06}", Budget(whole=budget)))
    if metadata:
        platform = "Gradescope"
        handed = [_with_metadata(one, metadata) for one in handed]
        others = [name for name in others if name != _METADATA]
    if nbgrader is not None:
        platform = "nbgrader"
        handed = [replace(one, time=_stamp(one.folder)) for one in handed]
    said = [] if not notes else [Message.of("archive_left_out", notes=tuple(notes))]
    where = os.path.relpath(root, whole) if whole.is_dir() and root != whole else ""
    people = sum(max(1, len(one.authors)) for one in handed)
    unpacked = sum(one.folder.is_relative_to(workspace / _SORTED) for one in handed)
    if platform or root != whole or unpacked:
        said.insert(
            0,
            Message.of(
                "download",
                platform=platform or "A folder or an archive per student",
                submissions=len(handed),
                people=people if people != len(handed) else 0,
                late=sum(one.marked_late for one in handed),
                unpacked=unpacked,
                where=where,
            ),
        )
    return Download(tuple(handed), tuple(printable(name) for name in others), tuple(said))


# Where the students are


def _class_folder(root: Path, out: Path, modules: Sequence[str]) -> Path:
    """Return the folder that holds the students: `root`, or one further below."""
    for _ in range(_MOST_TOP_LEVELS):
        entries = _entries(root)
        folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        if _NBGRADER in folders and _BESIDE_NBGRADER & {entry.name for entry in entries}:
            return root / _NBGRADER
        inner = [name for name in folders if os.path.realpath(root / name) != os.path.realpath(out)]
        files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        if len(inner) != 1 or any(known_as(name)[1] or is_archive(name) for name in files):
            return root
        if not _is_a_class(root / inner[0], modules):
            return root
        root = root / inner[0]
    return root


def _is_a_class(folder: Path, modules: Sequence[str]) -> bool:
    """Whether a lone folder holds students, and not the work of one."""
    entries = _entries(folder)
    names = [entry.name for entry in entries]
    folders = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    if _METADATA in names:
        return True
    parts = [*recognised(folders, FOLDERS)[1], *recognised(files, FILES)[1]]
    if parts and 2 * len(parts) >= len(names):
        return True
    if any(known_as(name)[1] for name in files):
        return False
    # Several attempts at one archive are the work of one student, and so are nbgrader's assignments.
    archives = {known_as(f"{stem(name)}.py")[0] for name in files if is_archive(name)}
    if len(archives) > 1:
        return True
    if any((folder / name / _STAMP).is_file() for name in folders):
        return False
    if len(folders) == 1 and not archives:  # one more level on the way, or the only student
        return _is_a_class(folder / folders[0], modules)
    # Two versions of a student's work hold the same modules too, but a class is more likely.
    asked = [{stem for stem in _stems(folder / name) if stem in modules} for name in folders]
    return any(one & other for place, one in enumerate(asked) for other in asked[:place])


def _stems(folder: Path) -> set[str]:
    return {known_as(name)[0] for name, _ in _files_below(folder) if known_as(name)[1]}


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not left_by_a_program(entry.name)]
    except OSError:
        return []


def _folders_in(folder: Path) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir(follow_symlinks=False)]


def _files_below(folder: Path, depth: int = 0) -> Iterator[tuple[str, Path]]:
    """Yield the names and paths of plain files not too far below `folder`."""
    for entry in sorted(_entries(folder), key=lambda entry: entry.name)[:_MOST_SEEN]:
        if entry.is_file(follow_symlinks=False):
            yield entry.name, Path(entry.path)
        elif depth < _LEVELS and entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path), depth + 1)


def _nbgrader(root: Path, folders: Sequence[Path], modules: Sequence[str]) -> list[Path] | None:
    """Return a folder per student of nbgrader's `submitted/<student>/<assignment>/`; None if it is not that.

    Raises `UsageError` if several assignments hold what the tasks ask for.
    """
    below = {
        folder: [e.name for e in _entries(folder) if e.is_dir(follow_symlinks=False)] for folder in folders
    }
    stamped = any((folder / name / _STAMP).is_file() for folder, names in below.items() for name in names)
    if not stamped and root.name != _NBGRADER:
        return None
    counted: dict[str, int] = {}
    for folder, names in below.items():
        for name in names:
            counted[name] = counted.get(name, 0) + bool(
                _stems(folder / name) & {*modules} or len(modules) == 0
            )
    if not counted:
        return None
    most = max(counted.values())
    best = [name for name, count in counted.items() if count == most]
    if len(best) > 1:
        listed = ", ".join(map(printable, sorted(best)[:5]))
        raise UsageError(f"{root} holds several assignments that may be meant: {listed}. Leave one of them.")
    return [folder / best[0] for folder, names in below.items() if best[0] in names]


# Whose is what


def _groups(
    root: Path, folders: Sequence[Path], files: Sequence[str], nbgrader: bool
) -> tuple[str, list[_Group], list[str]]:
    """Return the platform, the parts of each submission, and the files of no student."""
    plain = [Part(folder.parent.name if nbgrader else folder.name, Identity()) for folder in folders]
    names = [folder.name for folder in folders]
    platform, of_folders = ("", {}) if nbgrader else recognised(names, FOLDERS)
    of_platform, of_files = recognised(files, FILES)
    loose = [name for name in files if not is_archive(name)]
    if of_platform == "Canvas" and 2 * len(of_files) < len(loose):
        of_platform, of_files = "", {}
    platform = platform or of_platform
    if not nbgrader and not platform and 2 * sum((f / ".git").exists() for f in folders) > len(folders):
        of_folders = clones(names)
        platform = "GitHub Classroom" if of_folders else ""
    if nbgrader:
        plain = [replace(part, who=Identity(id=part.student)) for part in plain]
    found: dict[str, _Group] = {}
    for folder, part in zip(folders, plain, strict=True):
        part = of_folders.get(folder.name, part)
        found.setdefault(part.student, _Group(part.student, [])).parts.append((folder, part))
    others = []
    for name in files:
        file_part = of_files.get(name)
        if file_part is None and is_archive(name) and stem(name) not in found:
            file_part = Part(stem(name), Identity(), name)
        if file_part is None or (root / name).is_symlink() or not (root / name).is_file():
            others.append(name)
            continue
        found.setdefault(file_part.student, _Group(file_part.student, [])).parts.append(
            (root / name, file_part)
        )
    return platform, list(found.values()), others


def _no_students(whole: Path, root: Path, files: Sequence[str]) -> str:
    code = [name for name in files if known_as(name)[1]]
    if code:
        one = f"write `grade {whole}`" if whole.is_dir() else "unpack it and give the folder to `grade`"
        return (
            f"{whole} holds files such as {printable(code[0])}, but no folder or archive per student. "
            f"For one submission, {one}."
        )
    return f"{whole} holds no folders and no archives; `grade class` takes one of them per student."


# What each one is


def _handed(group: _Group, place: Path, budget: Budget) -> HandedIn:
    written = [(path, part) for path, part in group.parts if not part.text] or group.parts
    # The newest first: of two files with the same name, the first is kept.
    written = sorted(written, key=lambda one: one[1].order, reverse=True)
    part = written[0][1]
    folder = next((path for path, _ in written if path.is_dir()), None)
    name = group.student
    if folder is not None and len(written) == 1 and folder.name.startswith(name):
        name = folder.name
    one = HandedIn(
        folder=written[0][0],
        name=name,
        authors=() if part.who == Identity() else (part.who,),
        time=part.time,
        marked_late=any(other.late for _, other in written),
        attempt=_attempt(other.file for _, other in written),
    )
    try:
        notes: tuple[str, ...] = ()
        if folder is None or len(written) > 1 or _only_archives(folder):
            one = replace(one, folder=place / _as_folder(name))
            notes = _gather(written, one.folder, budget)
        return replace(one, notes=notes)
    except SubmissionError as error:
        return replace(one, problem=str(error))
    except OSError as error:
        return replace(one, problem=f"The submission cannot be unpacked: {error.strerror}.")


def _attempt(files: Iterable[str]) -> int:
    """Return the number of the attempt, as `lstm_cell-1.py` is the second one; 0 if no name says it."""
    numbers = [known_as(f"{stem(name)}.py" if is_archive(name) else name)[2] for name in files if name]
    return max(numbers) + 1 if any(numbers) else 0


def _as_folder(name: str) -> str:
    """Return a name that every file system takes for a folder."""
    safe = "".join("_" if c in '/\\\0<>:"|?*' or not c.isprintable() else c for c in name)
    return safe.encode("utf-8", "replace")[:200].decode("utf-8", "ignore").strip(". ") or "submission"


def _only_archives(folder: Path) -> bool:
    names = [name for name, _ in _files_below(folder)]
    return any(is_archive(name) for name in names) and not any(known_as(name)[1] for name in names)


def _gather(parts: Sequence[tuple[Path, Part]], into: Path, budget: Budget) -> tuple[str, ...]:
    """Put all parts of one submission into one folder, and unpack the archives among them."""
    into.mkdir(parents=True)
    taken = _original_names(parts)
    for path, part in parts:
        if path.is_dir():
            _copy(path, into, budget)
        else:
            _copy_file(path, into / taken[path, part.file], budget)
    notes: list[str] = []
    for _ in range(_LEVELS):
        found = [*_files_below(into)]
        archives = [path for name, path in found if is_archive(name)]
        if not archives or any(known_as(name)[1] for name, _ in found):
            break
        for path in _newest(archives):
            notes += unpack(path, _free(path.parent / stem(path.name)), budget)
        for path in archives:
            path.unlink()
    return tuple(notes)


def _original_names(parts: Sequence[tuple[Path, Part]]) -> dict[tuple[Path, str], str]:
    """Return what each file was called before a platform numbered it; of several attempts, the newest is.

    An older one keeps the name that it has in the download.
    """
    families: dict[tuple[str, str], list[tuple[int, Path, Part]]] = {}
    for path, part in parts:
        if part.file:
            known, kind, _ = known_as(part.file)
            key = (known, kind) if kind else (part.file, "")
            families.setdefault(key, []).append((part.order, path, part))
    taken = {}
    for (known, kind), family in families.items():
        family.sort(key=lambda one: one[0])
        for place, (_, path, part) in enumerate(family, 1):
            clean = f"{known}.{kind}" if kind and known.isidentifier() else part.file
            taken[path, part.file] = _as_folder(clean if place == len(family) else path.name)
    return taken


def _newest(archives: Sequence[Path]) -> list[Path]:
    """Return the archives without older attempts at the same one, as `hw3.zip` beside `hw3-1.zip`."""
    best: dict[tuple[Path, str], tuple[int, Path]] = {}
    for path in archives:
        known, _, attempt = known_as(f"{stem(path.name)}.py")
        key = path.parent, known
        best[key] = max(best.get(key, (attempt, path)), (attempt, path))
    return [path for _, path in best.values()]


def _free(path: Path) -> Path:
    return path if not os.path.lexists(path) else _free(path.with_name(f"{path.name}_"))


def _copy(folder: Path, into: Path, budget: Budget, depth: int = 0) -> None:
    """Copy plain files, without links and what programs leave."""
    for entry in _entries(folder):
        budget.take(entries=1)
        if entry.is_dir(follow_symlinks=False) and depth < 2 * _LEVELS:
            (into / entry.name).mkdir(exist_ok=True)
            _copy(Path(entry.path), into / entry.name, budget, depth + 1)
        elif entry.is_file(follow_symlinks=False):
            _copy_file(Path(entry.path), into / entry.name, budget)


def _copy_file(path: Path, target: Path, budget: Budget) -> None:
    budget.take(files=1, size=path.stat(follow_symlinks=False).st_size)
    if not os.path.lexists(target):
        shutil.copy2(path, target, follow_symlinks=False)


# What the metadata say


def _gradescope(root: Path, files: Sequence[str]) -> Mapping[str, Submitted]:
    if _METADATA not in files:
        return {}
    try:
        data = untrusted_files.read(root, _METADATA, _MOST_METADATA)
    except OSError as error:
        raise UsageError(f"{root / _METADATA} cannot be read: {error.strerror}.") from None
    return gradescope(data.decode("utf-8", "replace").splitlines())


def _with_metadata(one: HandedIn, metadata: Mapping[str, Submitted]) -> HandedIn:
    found = metadata.get(one.name)
    return one if found is None else replace(one, authors=found.identities(), time=found.time)


def _stamp(folder: Path) -> datetime | None:
    try:
        return nbgrader_time(untrusted_files.read(folder, _STAMP, 1 << 10).decode("utf-8", "replace"))
    except OSError:
        return None
