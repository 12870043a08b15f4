"""Known mistakes: a small change to the solution, or a whole wrong module.

A change (`<name>.patch`) is the hint for students, a blank line, and lines that begin with `-` (they must
occur in the solution exactly once) and `+` (they replace those). `@@` separates two changes. `or` begins
another way to make the same mistake: a different replacement of the same lines, or different changes.
"""

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import AssignmentError
from grader.syntax import parse


@dataclass(frozen=True)
class Change:
    """Lines of the solution and their replacement; compared without indentation."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """A wrong solution that students commonly write."""

    name: str
    hint: str
    source: str
    changes: tuple[Change, ...] = ()
    """The changes to the solution; empty for a whole module."""
    file: str = field(default="", compare=False)
    """The file that defines it."""


def read_mistakes(path: Path, solution: str) -> tuple[Mistake, ...]:
    """Return the mistake in `path`, one entry per way to make it, all with the same name.

    Raises `AssignmentError` that names the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read: {error}") from None
    name = path.stem.replace("_", " ")
    if path.suffix == ".py":
        try:
            hint = ast.get_docstring(parse(text))
        except SyntaxError as error:
            raise AssignmentError(f"{path}: {error}") from None
        if not hint:
            raise AssignmentError(f"{path}: the docstring is the hint that students get; write one")
        return (Mistake(name, inspect.cleandoc(hint), text, file=str(path)),)
    hint, ways = _parse(path, text)
    try:
        return tuple(Mistake(name, hint, apply(changes, solution), changes, str(path)) for changes in ways)
    except ValueError as error:
        raise AssignmentError(f"{path}: {error}") from None


def apply(changes: tuple[Change, ...], source: str) -> str:
    """Return `source` with all `changes` made.

    Raises `ValueError` unless the lines to replace occur exactly once.
    """
    lines = source.splitlines()
    for change in changes:
        stripped = [line.strip() for line in lines]
        size = len(change.old)
        found = [at for at in range(len(lines) - size + 1) if tuple(stripped[at : at + size]) == change.old]
        if len(found) != 1:
            times = "does not occur" if not found else f"occurs {len(found)} times"
            raise ValueError(f"`{change.old[0]}` {times} in the solution; it must occur once")
        at = found[0]
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines[at : at + size] = [f"{indent}{line}" if line else "" for line in change.new]
    return "\n".join(lines) + "\n"


def _parse(path: Path, text: str) -> tuple[str, list[tuple[Change, ...]]]:
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if line[:1] in ("-", "+")), len(lines))
    hint = " ".join(" ".join(lines[:start]).split())
    if not hint:
        raise AssignmentError(f"{path}: begin with the hint that students get")
    ways: list[tuple[Change, ...]] = []
    changes: list[Change] = []
    old: list[str] = []
    new: list[str] = []
    for number, line in enumerate([*lines[start:], "or"], start + 1):
        if line.startswith("-"):
            old.append(line[1:].strip())
        elif line.startswith("+"):
            new.append(line[1:])
        elif line.strip() in ("@@", "or"):
            if not old and ways and not changes:
                old = list(ways[0][0].old)  # an `or` without `-` lines replaces those of the first way
            if not old:
                raise AssignmentError(f"{path}, line {number}: a change needs a line with `-`")
            added = textwrap.dedent("\n".join(new)).splitlines()
            changes.append(Change(tuple(old), tuple(added)))
            old, new = [], []
            if line.strip() == "or":
                ways.append(tuple(changes))
                changes = []
        elif line.strip():
            raise AssignmentError(f"{path}, line {number}: begin the line with `-` or `+`")
    return hint, ways
