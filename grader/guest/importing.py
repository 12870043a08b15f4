"""Import of a student's modules: as Python does, or statement by statement past those that fail.

The first process imports as Python does. Only if that fails, a fresh process repeats the import, skips each
top-level statement that fails, as a notebook goes on after a failed cell, and reports what the statement
was and which names it would have defined.
"""

import __future__

import ast
import builtins
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from grader.guest.own_files import relative
from grader.wire import Failed, Raised

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_MOST_NAMES = 20
"""Names reported per statement."""


@dataclass
class Importing:
    """An import below `home`; with `going_on` it skips statements that fail or are in `skip`."""

    home: str
    describe: Callable[[BaseException], Raised]
    going_on: bool = False
    skip: Collection[tuple[str, int]] = ()
    """File and number of each statement that ended an earlier process."""
    at: Callable[[str, int, int], None] = lambda file, number, line: None
    """Called before each statement: file, number, line."""
    edited: Mapping[str, bytes] = field(default_factory=dict)
    """Sources by file that are imported instead of what the file holds, which stays as it was handed in."""
    failed: list[Failed] = field(default_factory=list)
    _guarded: dict[str, set[int]] = field(default_factory=dict)

    def loader(self, fullname: str, path: str) -> importlib.machinery.SourceFileLoader:
        """Return the loader of the module `fullname` in the file `path`."""
        return _Loader(fullname, path, self)

    def run(self, module: types.ModuleType, data: bytes, path: str) -> None:
        """Run the statements of a module one by one. Raises `SyntaxError` if it cannot be parsed."""
        tree = ast.parse(source_of(data, path), path)
        file = relative(path, self.home)
        flags = _future(tree)
        names = vars(module)
        names["__builtins__"] = vars(builtins)  # the student's builtins; this module has its own copy
        for number, statement in enumerate(tree.body):
            if number and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # compiled alone, a string would become the module's docstring
            error: Raised | None = None
            before = {name: names.get(name) for name in defined(statement)}
            if (file, number) not in self.skip:
                self.at(file, number, statement.lineno)
                try:
                    one = ast.Module([statement], [])
                    exec(compile(one, path, "exec", flags, dont_inherit=True), names)
                    continue
                except BaseException as raised:
                    error = self.describe(raised)
            older = [name for name, value in before.items() if value is not None and names.get(name) is value]
            missing = [name for name in before if name not in names]
            self.failed.append(Failed(file, statement.lineno, number, error, tuple(missing), tuple(older)))

    def is_guarded(self) -> bool:
        """Whether the student's code imports this inside a `try`: then it handles the exception itself."""
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            path = frame.f_code.co_filename
            if relative(path, self.home) and frame.f_lineno in self._guarded_lines(path):
                return True
            frame = frame.f_back
        return False

    def _guarded_lines(self, path: str) -> set[int]:
        if path not in self._guarded:
            try:
                with open(path, "rb") as file:
                    tree = ast.parse(source_of(file.read(), path), path)
            except (OSError, SyntaxError, ValueError):
                tree = ast.Module([], [])
            self._guarded[path] = set(_guarded(tree, False))
        return self._guarded[path]


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, importing: Importing) -> None:
        super().__init__(fullname, path)
        self._importing = importing

    def get_data(self, path: str) -> bytes:
        """See `importlib.abc.ResourceLoader`."""
        edited = self._importing.edited.get(relative(os.fsdecode(path), self._importing.home))
        return super().get_data(path) if edited is None else edited

    def source_to_code(  # type: ignore[override]
        self, data: bytes, path: str, *, _optimize: int = -1
    ) -> types.CodeType:
        """See `importlib.abc.InspectLoader`; the error for a file that is not text names the line."""
        source_of(data, path)
        return super().source_to_code(data, path, _optimize=_optimize)

    def exec_module(self, module: types.ModuleType) -> None:
        """See `importlib.abc.Loader`."""
        if self._importing.going_on and not self._importing.is_guarded():
            self._importing.run(module, self.get_data(self.path), os.fsdecode(self.path))
        else:
            super().exec_module(module)


def source_of(data: bytes, path: str) -> str:
    """Return the text of a file. Raises `SyntaxError` with the place of the first byte that is not text."""
    try:
        return importlib.util.decode_source(data)
    except UnicodeDecodeError as error:
        at = error.start
    except SyntaxError:  # unknown encoding, or the first lines are not UTF-8
        try:
            data.decode()
            raise
        except UnicodeDecodeError as error:
            at = error.start
    line = data.count(b"\n", 0, at) + 1
    column = at - data.rfind(b"\n", 0, at)
    what = f"the file is not UTF-8 text: byte 0x{data[at]:02x} in line {line}, column {column}"
    raise SyntaxError(what, (path, line, column, ""))


def defined(statement: ast.stmt) -> list[str]:
    """Return the names that a statement defines in its module."""
    found: dict[str, None] = {}
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = None
            continue  # names inside are local to it
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name.partition(".")[0], None) for a in node.names)
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return list(found)[:_MOST_NAMES]


def _future(tree: ast.Module) -> int:
    """Return the compiler flags of the `from __future__` imports of a module, which hold for all of it."""
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


def _guarded(node: ast.AST, inside: bool) -> Iterator[int]:
    """Yield the lines whose exceptions are caught in the same function, by `except` or `suppress`."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            caught = inside and not isinstance(node, _FUNCTIONS)
            caught |= name == "body" and isinstance(node, ast.Try) and bool(node.handlers)
            caught |= name == "body" and isinstance(node, ast.With) and _suppresses(node)
            if caught and isinstance(child, ast.stmt) and not isinstance(child, _FUNCTIONS):
                body = getattr(child, "body", None)  # the statements in the body are visited below
                last = max(body[0].lineno - 1, child.lineno) if body else child.end_lineno or child.lineno
                yield from range(child.lineno, last + 1)
            yield from _guarded(child, caught)


def _suppresses(node: ast.With) -> bool:
    return any("suppress" in ast.unparse(item.context_expr) for item in node.items)
