"""Loading of what an author wrote: `checks.py`, `hidden_checks.py`, and the modules that they import.

All of it is loaded before a submission, and then forgotten by the names that it is imported by: a student's
file may be called `checks.py`, too.
"""

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import linecache
import marshal
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from grader.authoring.task import Task
from grader.errors import AssignmentError

ASSIGNMENT = "/assignment/"
"""Begins the names of an author's sources in a job, and of their code."""
_CHECKS, _HIDDEN = "checks", "hidden_checks"


def load_task(files: Mapping[str, bytes]) -> Task:
    """Return the task that the sources in `files` declare. Raises `AssignmentError`, and what they raise.

    Hidden checks are added to the task of `checks.py`, and say themselves that they are hidden.
    """
    with _importing(files) as finder:
        task = _task(finder.load(_CHECKS))
        for check in task.checks.values():
            if check.hidden:
                raise AssignmentError(
                    f"check {check.name!r}: hidden= belongs in hidden_checks.py; students can read checks.py"
                )
        if f"{ASSIGNMENT}{_HIDDEN}.py" in files:
            public = set(task.checks)
            if _tasks(finder.load(_HIDDEN)) != [task]:
                raise AssignmentError("hidden_checks.py says `from checks import task`, and makes no Task")
            hidden = {
                name: replace(check, hidden=check.hidden or "default")
                for name, check in task.checks.items()
                if name not in public
            }
            if not hidden:
                raise AssignmentError("hidden_checks.py declares no check")
            task.checks.update(hidden)
    return task


def place_of(error: BaseException) -> str:
    """Return where in an author's files an exception was raised: `checks.py, line 3`; empty for elsewhere."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path.startswith(ASSIGNMENT):
            place = f"{path.removeprefix(ASSIGNMENT)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _task(module: types.ModuleType) -> Task:
    found = _tasks(module)
    if len(found) != 1 or not found[0].checks:
        raise AssignmentError("checks.py must make one Task with at least one check")
    return found[0]


def _tasks(module: types.ModuleType) -> list[Task]:
    return [value for value in vars(module).values() if isinstance(value, Task)]


@contextlib.contextmanager
def _importing(files: Mapping[str, bytes]) -> Iterator["_Finder"]:
    finder = _Finder(files)
    sys.meta_path.insert(0, finder)
    try:
        yield finder
    finally:
        sys.meta_path.remove(finder)
        for name in finder.loaded:
            sys.modules.pop(name, None)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an author's modules in a job."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.loaded: list[str] = []
        """Names of modules, which a student's modules may have as well."""

    def load(self, name: str) -> types.ModuleType:
        """Return the author's module `name`."""
        return importlib.import_module(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        file = f"{ASSIGNMENT}{fullname}.py"
        if file not in self._files:
            return None
        self.loaded.append(fullname)
        return importlib.machinery.ModuleSpec(fullname, self, origin=file)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """See `importlib.abc.Loader`: under a name that no file of a student can have."""
        name = f"{spec.name} of the assignment"
        sys.modules[name] = types.ModuleType(name)  # TorchScript and dataclasses look a class's module up
        return sys.modules[name]

    def exec_module(self, module: types.ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        file = f"{ASSIGNMENT}{module.__name__.partition(' ')[0]}.py"
        source, code = self._files[file].decode(), self._files.get(f"{file}c", b"")
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        compiled = marshal.loads(code) if code else compile(source, file, "exec", dont_inherit=True)
        exec(compiled, vars(module))
