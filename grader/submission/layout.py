"""Submission layout: the files that the tasks ask for, also under names changed by platforms and browsers.

The exact name comes first, in any folder; then a name to which a platform added something. A name that is
only similar is suggested to the student, never used.
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
    """A candidate for a module; candidates sort with the best first."""

    renamed: bool
    """Whether a platform added something to its name."""
    notebook: bool
    attempt: int
    """0 for the newest; each older one counts less."""
    path: str

    @property
    def folder(self) -> str:
        """Its folder, `TOP` or with a slash at the end."""
        return folder_of(self.path.removesuffix(_INIT))

    @property
    def rank(self) -> tuple[bool, bool]:
        """The quality of its name; a better one wins over all others."""
        return self.renamed, self.notebook


def folder_of(path: str) -> str:
    """Return the folder of a file, `TOP` or with a slash at the end."""
    return path[: path.rfind("/") + 1]


def stem_of(module: str) -> str:
    """Return the name of a module, given its path without `.py`."""
    return module.removeprefix(folder_of(module))


def known_as(name: str) -> tuple[str, str, int]:
    """Return a file's original name, before platforms changed it: stem, kind, number of the attempt.

    The kind is empty for a file that is neither Python nor a notebook.
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
    """Return the candidates for `module`, the best first, without those inside a package of that name.

    For one in a folder, as `cs231n/layers`, candidates elsewhere are returned only if none is there.
    """
    wanted, module = folder_of(module), stem_of(module)
    found = []
    for path in paths:
        name = path.removeprefix(folder_of(path))
        if f"/{path}".endswith(f"/{module}{_INIT}"):
            found.append(Found(False, False, -1, path))  # a package goes before a module
            continue
        stem, kind, attempt = known_as(name)
        if kind and stem == module:
            found.append(Found(name != f"{stem}.{kind}", kind == "ipynb", -attempt, path))
    found = [one for one in found if f"/{one.folder}".endswith(f"/{wanted}")] or found
    found.sort()
    return [one for one in found if not any(_within(one, other) for other in found if other.rank == one.rank)]


def _within(one: Found, other: Found) -> bool:
    return one.folder != other.folder and one.folder.startswith(other.folder)


def chosen(found: list[Found], files: Mapping[str, bytes]) -> Found | None:
    """Return the best candidate, None if several different ones are equally good."""
    best = [one for one in found if one.rank == found[0].rank]
    if len({one.folder for one in best}) == 1:  # attempts at the same thing
        best = [one for one in best if one.attempt == best[0].attempt]
    return best[0] if _are_alike(best, files) else None


def _are_alike(found: list[Found], files: Mapping[str, bytes]) -> bool:
    """Whether candidates are equal, with all other files of their folders."""
    seen: dict[str, bytes] = {}
    for one in found:
        beside = {
            path.removeprefix(one.folder): data for path, data in files.items() if path.startswith(one.folder)
        }
        beside[""] = files.get(one.path, b"")
        if any(seen.setdefault(path, data) != data for path, data in beside.items()):
            return False
    return True


def lacks_init(files: Collection[str], module: str) -> bool:
    """Whether a folder called `module` is no package that Python can import, for lack of an `__init__.py`."""
    return any(path.startswith(f"{module}/") for path in files) and f"{module}{_INIT}" not in files
