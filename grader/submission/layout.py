"""Finds the files that the tasks look for, under the names that platforms and browsers make of theirs.

The exact name comes first, in whatever folder; then the name with what a platform adds to it. A name that
is only near is asked about, never taken.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

SUFFIXES = (".py", ".ipynb")
TOP = ""
_INIT = "/__init__.py"
_SUFFIX = re.compile(r"\.(?P<kind>py|ipynb)(?:\.(?:txt|text|download|\d{1,2}))?", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?:copy|kopie|copia|copie)[ _](?:\((\d{1,3})\)[ _])?(?:of|von|de|di)[ _]"  # Google, Windows
    r"|.*_assignsubmission_(?:file|onlinetext)_"  # Moodle
    r"|[^/]*?_(?:late_)?\d+_\d+_"  # Canvas
    r"|\d{3,}[ _-]+",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[ _]?\((\d{1,3})\)"  # Chrome, Firefox, Windows
    r"|-(\d{1,2})"  # Canvas, Safari
    r"| (\d{1,2})"  # macOS
    r"|[ -]+copy ?(?:(\d{1,2})|\((\d{1,2})\))?"  # Jupyter, Windows, macOS
    r"|[ _]+",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Found:
    """A file that may be a module that is looked for; the smallest comes first."""

    renamed: bool
    """Whether a platform added something to its name."""
    notebook: bool
    attempt: int
    """0 for the newest; each older one counts less."""
    path: str

    @property
    def folder(self) -> str:
        """The folder that it lies in, `TOP` or with a slash at the end."""
        return folder_of(self.path.removesuffix(_INIT))

    @property
    def rank(self) -> tuple[bool, bool]:
        """How good the name is; a better one goes before all others."""
        return self.renamed, self.notebook


def folder_of(path: str) -> str:
    """Return the folder that a file lies in, `TOP` or with a slash at the end."""
    return path[: path.rfind("/") + 1]


def known_as(name: str) -> tuple[str, str, int]:
    """Return what a file was called before platforms gave it another name: stem, kind, number of the attempt.

    The kind is empty for what is neither Python nor a notebook.
    """
    name = unquote(name).strip()
    suffix = next((m for m in _SUFFIX.finditer(name) if m.end() == len(name)), None)
    if suffix is None:
        return name, "", 0
    stem, attempt = name[: suffix.start()], 0
    while found := _BEFORE.match(stem):
        stem = stem[found.end() :]
        attempt = max(attempt, int(found[1] or 0))
    while found := next((m for m in _AFTER.finditer(stem) if m.end() == len(stem) and m.start()), None):
        stem = stem[: found.start()]
        attempt = max([attempt, *(int(number) for number in found.groups() if number)])
    return stem, suffix["kind"].lower(), attempt


def candidates(paths: Iterable[str], module: str) -> list[Found]:
    """Return the files that may be `module`, the best first; none within the folder of one as good."""
    found = []
    for path in paths:
        name = path.removeprefix(folder_of(path))
        if f"/{path}".endswith(f"/{module}{_INIT}"):
            found.append(Found(False, False, -1, path))  # a package goes before a module
            continue
        stem, kind, attempt = known_as(name)
        if kind and stem == module:
            found.append(Found(name != f"{stem}.{kind}", kind == "ipynb", -attempt, path))
    found.sort()
    return [one for one in found if not any(_within(one, other) for other in found if other.rank == one.rank)]


def _within(one: Found, other: Found) -> bool:
    return one.folder != other.folder and one.folder.startswith(other.folder)


def chosen(found: list[Found], files: Mapping[str, bytes]) -> Found | None:
    """Return the one of `candidates` to take; None where several are as good and not the same."""
    best = [one for one in found if one.rank == found[0].rank]
    if len({one.folder for one in best}) == 1:  # attempts at the same thing
        best = [one for one in best if one.attempt == best[0].attempt]
    return best[0] if _are_alike(best, files) else None


def _are_alike(found: list[Found], files: Mapping[str, bytes]) -> bool:
    """Whether files, and all of the same name beside them, are the same."""
    seen: dict[str, bytes] = {}
    for one in found:
        beside = {
            path.removeprefix(one.folder): data for path, data in files.items() if path.startswith(one.folder)
        }
        beside[""] = files.get(one.path, b"")
        if any(seen.setdefault(path, data) != data for path, data in beside.items()):
            return False
    return True


def elsewhere(files: Collection[str], module: str) -> str:
    """Return why the files that there are do not make `module`, in words, empty where nothing is like it."""
    if any(path.startswith(f"{module}/") for path in files):
        return f"`{module}/` is no package that Python can import from: it has no `__init__.py`"
    return ""
