"""Known mistakes: a small change to the solution, or a whole wrong module.

A change (`<name>.patch`) is the hint for students, a blank line, and lines that begin with `-` (they must
occur in the solution exactly once) and `+` (they replace those). `@@` separates two changes. `or` begins
another way to make the same mistake: a different replacement of the same lines, or different changes.

Above the hint there may be lines `title: …` (what students call the mistake) and `costs: …` (points, or
percent of the task's points).
"""

import ast
import inspect
import math
import re
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
class Price:
    """What a mistake costs: points, or a share of the task's points."""

    amount: float
    is_share: bool = False

    def of(self, points: float) -> float:
        """Return the price in a task that is worth `points`."""
        return round(self.amount * points if self.is_share else self.amount, 6)


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
    own_title: str = ""
    """A short sentence by the author that says what is wrong; may be empty."""
    costs: Price | None = None
    """What the mistake costs; None if the assignment decides."""

    @property
    def title(self) -> str:
        """What people call the mistake: the author's title, or else its name."""
        return self.own_title or f"{self.name[:1].upper()}{self.name[1:]}"


_LONGEST_TITLE = 120
"""Characters of a title."""
_HEADER = re.compile(r"\s*(title|costs):(.*)")


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
            docstring = ast.get_docstring(parse(text))
        except SyntaxError as error:
            raise AssignmentError(f"{path}: {error}") from None
        header, lines = _header(path, inspect.cleandoc(docstring or "").splitlines())
        hint = "\n".join(lines).strip()
        if not hint:
            raise AssignmentError(f"{path}: the docstring is the hint that students get; write one")
        return (Mistake(name, hint, text, (), str(path), header.title, header.costs),)
    header, lines = _header(path, text.splitlines())
    hint, ways = _parse(path, lines, header.lines)
    try:
        return tuple(
            Mistake(name, hint, apply(changes, solution), changes, str(path), header.title, header.costs)
            for changes in ways
        )
    except ValueError as error:
        raise AssignmentError(f"{path}: {error}") from None


@dataclass(frozen=True)
class _Header:
    """The lines above the hint."""

    title: str = ""
    costs: Price | None = None
    lines: int = 0
    """How many there are, blank ones among them too."""


def _header(path: Path, lines: list[str]) -> tuple[_Header, list[str]]:
    """Return what stands above the hint, and the other lines."""
    found: dict[str, str] = {}
    above = 0
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None and line.strip():
            break
        above += 1
        if match is not None:
            key, value = match[1], match[2].strip()
            if key in found:
                raise AssignmentError(f"{path}: there are two lines `{key}:`")
            found[key] = value
    title = found.get("title")
    if title is not None and not 0 < len(title) <= _LONGEST_TITLE:
        raise AssignmentError(f"{path}: `title:` takes a sentence of at most {_LONGEST_TITLE} characters")
    costs = found.get("costs")
    return _Header(title or "", None if costs is None else _price(path, costs), above), lines[above:]


def _price(path: Path, text: str) -> Price:
    is_share = text.endswith("%")
    try:
        amount = float(text.removesuffix("%"))
    except ValueError:
        amount = math.nan
    if not (0 <= amount < math.inf) or (is_share and amount > 100):
        raise AssignmentError(f"{path}: `costs:` takes points (`costs: 2`) or a share (`costs: 20 %`)")
    return Price(amount / 100, True) if is_share else Price(amount)


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


def _parse(path: Path, lines: list[str], above: int) -> tuple[str, list[tuple[Change, ...]]]:
    """Return the hint and the ways to make the mistake; `above` counts the lines before these."""
    start = next((at for at, line in enumerate(lines) if line[:1] in ("-", "+")), len(lines))
    hint = " ".join(" ".join(lines[:start]).split())
    if not hint:
        raise AssignmentError(f"{path}: begin with the hint that students get")
    ways: list[tuple[Change, ...]] = []
    changes: list[Change] = []
    old: list[str] = []
    new: list[str] = []
    for number, line in enumerate([*lines[start:], "or"], above + start + 1):
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
