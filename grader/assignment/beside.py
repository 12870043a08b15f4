"""What lies beside `assignment.toml`: data files, and modules that the checks of several tasks share."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.errors import AssignmentError
from grader.syntax import parse

DATA = "data"
"""The folder of the data files: beside `assignment.toml`, and in the working directory of a program."""
_MOST_BYTES, _MOST_FILES = 32 << 20, 200
_TAKEN = {"checks", "hidden_checks", "solution", "grader", "torch", "numpy", *sys.stdlib_module_names}


def read_data(folder: Path) -> dict[str, bytes]:
    """Return the data files of an assignment by their paths, as `data/corpus.txt`.

    Raises `AssignmentError` for a link, for too many files, or for too large ones.
    """
    found: dict[str, bytes] = {}
    for path in sorted((folder / DATA).rglob("*")):
        if path.is_symlink():
            raise AssignmentError(f"{path} is a link; copy what it points to")
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        left = _MOST_BYTES - sum(map(len, found.values()))
        try:
            if path.stat().st_size > left or len(found) == _MOST_FILES:
                raise AssignmentError(
                    f"{folder / DATA} holds more than {_MOST_BYTES >> 20} MiB or {_MOST_FILES} files; each "
                    "program gets a copy, so keep it small"
                )
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
        except OSError as error:
            raise AssignmentError(f"{path} cannot be read: {error.strerror}") from None
    return found


def shared_modules(folder: Path, path: Path, source: str) -> dict[str, str]:
    """Return the modules in `folder` that the source in `path` imports, directly or not, by file name.

    A module comes after those that it imports itself. Raises `AssignmentError` that names the file.
    """
    found: dict[str, str] = {}
    _add_shared(folder, path, source, found, ())
    return found


def _add_shared(folder: Path, path: Path, source: str, found: dict[str, str], above: tuple[str, ...]) -> None:
    for node, name in _imported(source):
        file = folder / f"{name}.py"
        if name in _TAKEN or file.name in found or file.name in above or not file.is_file():
            continue
        if not isinstance(node, ast.ImportFrom) or any(one.name == "*" or one.asname for one in node.names):
            raise AssignmentError(
                f"{path}, line {node.lineno}: say `from {name} import` with the names that are used; a "
                "program that shows a failure again is made from them"
            )
        try:
            text = file.read_text(encoding="utf-8")
            parse(text)
        except (OSError, ValueError, SyntaxError) as error:
            raise AssignmentError(f"{file} cannot be read as Python: {error}") from None
        _add_shared(folder, file, text, found, (*above, file.name))
        found[file.name] = text


def _imported(source: str) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module


def in_one(source: str, shared: Mapping[str, str]) -> str:
    """Return a source with the modules that it shares written out above it, instead of imported."""
    parts = []
    for text in (*shared.values(), source):
        lines = text.splitlines()
        for node, name in _imported(text):
            if f"{name}.py" in shared and node.end_lineno:
                lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        parts.append("\n".join(lines))
    return "\n".join(parts)
