"""Import of a submission's own files, and removal of this machine's paths from texts.

This code shares a process with the student's program, so it protects nothing: the sandbox does.
"""

import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import sys
import types
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

_LIBRARIES = {name.partition(".")[0] for name in sys.modules} | sys.stdlib_module_names
"""Made once, in the zygote: reading all these names in each child would copy their memory pages."""
_PREFIXES = sorted(
    {
        f"{place.rstrip(os.sep)}{os.sep}"
        for place in (*sys.path, sys.prefix, sys.base_prefix)
        if len(place) > 1
    },
    key=len,
    reverse=True,
)
Loading = Callable[[str, str], importlib.abc.Loader]
"""Returns the loader of a module, given its name and its file."""


def give(home: str, folders: Sequence[str], loading: Loading) -> None:
    """Let this process import files below `home`; a top-level name is looked up in each of `folders`."""
    sys.meta_path[sys.meta_path.index(importlib.machinery.PathFinder)] = _Installed(home)
    sys.meta_path.insert(0, _Own(home, folders, loading))
    sys.path[:0] = folders  # Python puts the folder of a program first
    builtins.open = io.open = _opening(io.open)
    sys.breakpointhook = _go_on  # no debugger: nothing can be typed here


def relative(path: str, home: str) -> str:
    """Return the path of a file relative to `home`, empty for a file outside."""
    below = f"{home}{os.sep}"
    return path.removeprefix(below).replace(os.sep, "/") if home and path.startswith(below) else ""


def without_paths(text: Any, home: str) -> Any:
    """Return text or bytes in which paths are relative to `home` or to the folder of a library."""
    if home:
        text = _cut(_cut(text, f"{home}{os.sep}", ""), home, ".")
    for prefix in _PREFIXES:
        text = _cut(text, prefix, "")
    return text


def _cut(text: Any, prefix: str, instead: str) -> Any:
    if isinstance(text, bytes):
        return text.replace(os.fsencode(prefix), os.fsencode(instead))
    return text.replace(prefix, instead)


def _go_on(*args: object, **kwargs: object) -> None:
    """Do nothing at a breakpoint."""


class _Nowhere(io.BytesIO):
    """An empty file that discards writes."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes


def _opening(through: Callable[..., Any]) -> Callable[..., Any]:
    """Return an `open` that emulates `os.devnull`: in the sandbox no file can be opened for writing."""

    def open(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if file != os.devnull:
            return through(file, mode, buffering, encoding, errors, newline, closefd, opener)
        stream = _Nowhere()
        return stream if "b" in mode else io.TextIOWrapper(stream, encoding, errors, newline)

    return open


class _Own(importlib.abc.MetaPathFinder):
    """Finds a student's modules; file names are compared by NFKC, as Python compares identifiers.

    A file with the name of a library does not shadow the library: torch and the standard library must
    import their own modules.
    """

    def __init__(self, home: str, folders: Sequence[str], loading: Loading) -> None:
        self._home = home
        self._folders = folders
        self._loading = loading

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in _LIBRARIES:
            return None
        name = unicodedata.normalize("NFKC", fullname.rpartition(".")[2])
        bare = []
        # Its own folders once more at the end: the program may have removed them from `sys.path`.
        for place in [*sys.path, *self._folders] if path is None else path:
            folder = _below(place, self._home)
            if not folder:
                continue
            listed = _listed(folder)
            inner = os.path.join(folder, listed.get(name, name))
            package = _listed(inner) if name in listed else {}
            if "__init__.py" in package:
                return self._spec(fullname, os.path.join(inner, "__init__.py"), [inner])
            if f"{name}.py" in listed:
                return self._spec(fullname, os.path.join(folder, listed[f"{name}.py"]), None)
            if package:
                bare.append(inner)
        if not bare:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = bare
        return spec

    def _spec(
        self, fullname: str, file: str, inner: list[str] | None
    ) -> importlib.machinery.ModuleSpec | None:
        loader = self._loading(fullname, file)
        return importlib.util.spec_from_file_location(
            fullname, file, loader=loader, submodule_search_locations=inner
        )


def _below(place: Any, home: str) -> str:
    """Return the absolute path of a folder, empty if it is not in `home`."""
    if not isinstance(place, (str, bytes, os.PathLike)):
        return ""
    folder = os.path.abspath(os.fsdecode(place))
    return folder if folder == home or relative(folder, home) else ""


def _listed(folder: str) -> dict[str, str]:
    """Return the names in a folder by their NFKC form; empty for a file."""
    try:
        return {unicodedata.normalize("NFKC", name): name for name in os.listdir(folder)}
    except OSError:
        return {}


class _Installed(importlib.abc.MetaPathFinder):
    """Finds installed packages; a package whose files cannot be read counts as not installed."""

    def __init__(self, home: str) -> None:
        self._home = home

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        places = [place for place in (sys.path if path is None else path) if not _below(place, self._home)]
        spec = importlib.machinery.PathFinder.find_spec(fullname, places, target)
        return spec if spec is not None and _readable(spec) else None


def _readable(spec: importlib.machinery.ModuleSpec) -> bool:
    try:
        if spec.has_location and spec.origin:
            os.close(os.open(spec.origin, os.O_RDONLY))
    except PermissionError:
        return False
    return True
