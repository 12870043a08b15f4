"""Gives a student's program its own files, which lie on no disk here: to import, and to open.

It shares its process with that program, so nothing in here keeps anything away. What is asked for
beyond the program's own files goes on to the kernel, and is refused there.
"""

import __future__

import ast
import builtins
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import io
import linecache
import operator
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.authoring.case import name_of
from grader.errors import ForbiddenLayer
from grader.guest.stand_ins import notebook_names, stand_in

SUBMISSION = "/submission/"
"""Where a program finds itself."""
_CHANGING = set("wax+")
_FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
_LIBRARIES = {name.partition(".")[0] for name in sys.modules} | sys.stdlib_module_names
"""Made once, where this is imported: to look at all those names copies their memory in every child."""


def give(files: Mapping[str, bytes]) -> None:
    """Let this process import and open `files`, by their path below `SUBMISSION`."""
    sys.meta_path[sys.meta_path.index(importlib.machinery.PathFinder)] = _Installed
    sys.meta_path.insert(0, _Own(files))
    sys.path.insert(0, SUBMISSION.rstrip("/"))  # as for every program: the folder that it lies in
    builtins.open = io.open = _opening(files, io.open)
    os.chdir = _changing_folder(os.chdir)  # type: ignore[assignment]
    sys.breakpointhook = _go_on  # there is nobody to type


def _go_on(*args: object, **kwargs: object) -> None:
    """Go on where a program would stop and wait for orders."""


def _path(path: Any) -> str:
    """Return a path as seen from the submission's folder, empty for a descriptor and the like."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return ""
    return os.path.normpath(os.path.join(SUBMISSION, os.fsdecode(path)))


class _Nowhere(io.BytesIO):
    """An empty file that forgets what is written to it."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes


def _opening(files: Mapping[str, bytes], through: Callable[..., Any]) -> Callable[..., Any]:
    own = {SUBMISSION + path: data for path, data in files.items()}

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
        path = _path(file)
        if path == os.devnull:
            stream: io.BytesIO = _Nowhere()
        elif path in own and not _CHANGING & set(mode):
            stream = io.BytesIO(own[path])
        else:
            return through(file, mode, buffering, encoding, errors, newline, closefd, opener)
        return stream if "b" in mode else io.TextIOWrapper(stream, encoding, errors, newline)

    return open


def _changing_folder(through: Callable[[Any], None]) -> Callable[[Any], None]:
    def chdir(path: Any) -> None:
        if _path(path) + "/" != SUBMISSION:  # there it is: names are looked for in that folder
            through(path)

    return chdir


class _Own(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports a student's modules from bytes; nothing is written to a disk.

    A file that has the name of a library does not take its place: what torch or the standard
    library import must stay theirs.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._found: dict[str, str] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in _LIBRARIES:
            return None
        places = [f"{_path(place)}/" for place in ([*sys.path, SUBMISSION] if path is None else path)]
        folders = [place.removeprefix(SUBMISSION) for place in places if place.startswith(SUBMISSION)]
        name = fullname.rpartition(".")[2]
        for folder in folders:
            for file in (f"{folder}{name}/__init__.py", f"{folder}{name}.py"):
                if file in self._files:
                    return self._spec(fullname, file)
        return self._namespace(fullname, [f"{folder}{name}/" for folder in folders])

    def _spec(self, fullname: str, file: str) -> importlib.machinery.ModuleSpec:
        self._found[fullname] = file
        package = file.endswith("/__init__.py")
        origin = SUBMISSION + file
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=origin, is_package=package)
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(origin.removesuffix("/__init__.py"))
        return spec

    def _namespace(self, fullname: str, folders: Sequence[str]) -> importlib.machinery.ModuleSpec | None:
        for folder in folders:
            if any(path.startswith(folder) for path in self._files):
                spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
                spec.submodule_search_locations = [SUBMISSION + folder]
                return spec
        return None

    def get_source(self, fullname: str) -> str:
        if fullname not in self._found:
            raise ImportError(f"no module called {fullname!r}")
        return importlib.util.decode_source(self._files[self._found[fullname]])

    def exec_module(self, module: types.ModuleType) -> None:
        file = SUBMISSION + self._found[module.__name__]
        try:
            source = self.get_source(module.__name__)
        except (SyntaxError, UnicodeDecodeError) as error:
            raise SyntaxError(f"the file is not UTF-8 text: {error}", (file, 1, 0, "")) from None
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        # Those of this module are of its own: `exec` would hand them on.
        vars(module).update(notebook_names(source, module), __builtins__=vars(builtins))
        _run(source, file, vars(module))


def _run(source: str, file: str, names: dict[str, Any]) -> None:
    """Run a file as Python does, but leave out a demonstration that computes a forbidden layer.

    Such a layer is refused at import as well: its numbers could be kept, or sent as answers. The
    statement that fails by it is left out, and so are those after it that fail without it.
    """
    code = compile(source, file, "exec", dont_inherit=True)
    statements: list[ast.stmt] = []
    while True:
        try:
            exec(code, names)
        except Exception as error:
            if not statements and not isinstance(error, ForbiddenLayer):
                raise
            trace = sys.exc_info()[2]
            assert trace is not None and trace.tb_next is not None
            line = trace.tb_next.tb_lineno
            _note(file, line, error)
            statements = _after(line, statements or ast.parse(source).body)
            if statements:
                rest = ast.Module(statements, type_ignores=[])
                code = compile(rest, file, "exec", code.co_flags & _FUTURE, dont_inherit=True)
                continue
        return


def _note(file: str, line: int, error: Exception) -> None:
    why = name_of(type(error))
    if isinstance(error, ForbiddenLayer):
        why = "it computes a layer that is to be written out"
    print(f"{file.removeprefix(SUBMISSION)}, line {line}, was left out: {why}", file=sys.stderr)


def _after(line: int, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that begin after `line`; a decorator is the beginning of one."""
    return [
        one
        for one in statements
        if line < min([one.lineno, *(made.lineno for made in getattr(one, "decorator_list", []))])
    ]


class _Installed(importlib.machinery.PathFinder):
    """Finds installed packages; one whose files may not be read is, to a program, not installed."""

    @classmethod
    def find_spec(
        cls,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        spec = super().find_spec(fullname, path, target)
        if spec is None or not _readable(spec):
            return stand_in(fullname)
        return spec


def _readable(spec: importlib.machinery.ModuleSpec) -> bool:
    try:
        if spec.has_location and spec.origin:
            os.close(os.open(spec.origin, os.O_RDONLY))
    except PermissionError:
        return False
    return True
