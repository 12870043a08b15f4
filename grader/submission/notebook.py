"""Notebooks: conversion of their code cells, or of an export, into a module."""

import ast
import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.errors import UnreadableSource
from grader.results.message import Message
from grader.submission import magics
from grader.submission.newlines import with_newlines
from grader.syntax import is_long, parse_strangers

_PYTHON_MAGICS = ("time", "timeit", "capture", "prun")  # of a cell that is Python all the same
_WRITTEN = re.compile(
    r"%%(?:writefile|file)\s++(?P<add>-a\s++)?['\"]?(?:\./)?(?P<path>[\w./-][\w./ -]*\.py)['\"]?\s*+"
)
_LONGEST_FIRST = 300
"""Characters of a cell's first line that may name a file: a name has fewer, and matching takes longer."""
_FUTURE = re.compile(r"^from __future__ import (?:\([^()]{0,400}\).*|.*)", re.MULTILINE)
_MARK = re.compile(r"# In\[(\d+)\]:")
_CELL = re.compile(r"^# (?:%%|In\[[\d ]*\]:)", re.MULTILINE)
"""The line that VS Code and Jupyter write above each cell of an export."""
MOST_PARSED = 1 << 18
"""Characters of all cells that are parsed; parsing takes time and memory, and people write less."""
_A_CELL = 50
"""Characters that each cell counts in addition to its own."""
_MOST_LINES = 50_000


@dataclass
class Module:
    """The module that was made from a notebook."""

    code: str = ""
    written: dict[str, str] = field(default_factory=dict)
    """Files that its cells write with `%%writefile`."""
    left_out: list[Message] = field(default_factory=list)
    """A message for each cell that is not Python."""


def module_of(notebook: Any, most_parsed: int = MOST_PARSED) -> Module:
    """Return the code cells as one module, each below its number.

    Beyond `most_parsed` characters, cells are not parsed: each line that looks like a magic counts as one.
    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` if `data` is not a notebook.
    """
    made = Module()
    cells = []
    future: list[str] = []
    lines, left = 0, most_parsed
    for number, text in enumerate(_code_cells(notebook), 1):
        lines += text.count("\n")
        left -= len(text) + _A_CELL
        if lines > _MOST_LINES:
            raise ValueError("it has too many lines")
        text.encode()  # a lone surrogate cannot be encoded
        code = _python(text, left >= 0, made)
        if code is None:
            continue
        problem = _problem(code) if left >= 0 else None
        if problem:
            made.left_out.append(Message.of("cell_left_out", cell=number, problem=problem))
            continue
        # In a notebook it may come late; in a module it comes first.
        future += _FUTURE.findall(code)
        cells.append(f"# In[{number}]:\n{_FUTURE.sub('pass', code)}")
    made.code = "\n\n".join([*future, *cells]) + "\n"
    return made


@dataclass(frozen=True)
class Cells:
    """Where the cells of a notebook are in the module that was made from it."""

    lines: list[str]
    begins: list[int]
    """The line above the first line of each cell."""
    numbers: list[int]

    @classmethod
    def of(cls, lines: list[str]) -> "Cells":
        """Return the cells of a module from `module_of`."""
        marks = [(at, found) for at, line in enumerate(lines, 1) if (found := _MARK.fullmatch(line))]
        return cls(lines, [at for at, _ in marks], [int(found[1]) for _, found in marks])

    def place(self, line: int) -> tuple[int, int]:
        """Return the cell that a line of the module is in, and its number there."""
        at = bisect.bisect_right(self.begins, line) - 1
        return (self.numbers[at], line - self.begins[at]) if at >= 0 else (0, line)

    def lines_of(self, cell: int) -> list[str]:
        """Return the lines of a cell."""
        if cell not in self.numbers:
            return []
        begin, *after = self.begins[self.numbers.index(cell) :]
        return self.lines[begin : after[0] - 1 if after else None]


def exported(text: str) -> tuple[str, list[Message]]:
    """Return a `.py` file as Python, line by line, and notes on what was left out."""
    if is_long(text):
        return text, []
    text = with_newlines(text)
    if "get_ipython()" in text:
        text = _out_of_strings(text)
    problem = _problem(text)
    if not problem:
        return text, []
    plain = magics.without(text)
    left_out = [] if plain == text else [Message.of("magics_left_out")]
    if not _problem(plain):
        return plain, left_out
    if not _CELL.search(plain):
        return text, []
    begins = [0, *(mark.start() for mark in _CELL.finditer(plain)), len(plain)]
    cells = [plain[begin:end] for begin, end in itertools.pairwise(begins)]
    line = 1
    for place, cell in enumerate(cells):
        problem = _problem(cell)
        if problem:
            left_out.append(Message.of("cell_from_line_left_out", line=line, problem=problem))
            cells[place] = "\n" * cell.count("\n")
        line += cell.count("\n")
    return "".join(cells), left_out


def _code_cells(notebook: Any) -> Iterator[str]:
    sheets = notebook.get("worksheets", [notebook])  # before version 4
    for sheet in sheets:
        for cell in sheet["cells"]:
            if cell["cell_type"] == "code":
                source = cell["input"] if "input" in cell else cell["source"]
                yield source if isinstance(source, str) else "".join(source)


def _python(text: str, parsed: bool, made: Module) -> str | None:
    """Return the Python code of a cell; None if it is another language or writes a file."""
    first, _, rest = text.lstrip().partition("\n")
    if len(first) <= _LONGEST_FIRST and (written := _WRITTEN.fullmatch(first)):
        path = written["path"]
        before = made.written.get(path, "") if written["add"] else ""
        made.written[path] = before + rest + ("" if rest.endswith("\n") else "\n")
        return None
    if first.startswith("%%"):
        magic = first[2:].strip().partition(" ")[0]
        if magic not in _PYTHON_MAGICS:
            return None
        text = rest
    return text if parsed and not _problem(text) else magics.without(text)


def _out_of_strings(text: str) -> str:
    """Unpack cells that an export holds as strings: `get_ipython().run_cell_magic('time', '', '…')`."""
    lines = text.split("\n")
    try:
        tree = parse_strangers(text)
    except (SyntaxError, UnreadableSource):
        return text
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not _runs_python(call):
            continue
        cell = call.args[-1]
        if isinstance(cell, ast.Constant) and isinstance(cell.value, str) and cell.lineno == call.lineno:
            line = lines[call.lineno - 1].encode()
            lines[call.lineno - 1] = (line[: call.col_offset] + b"exec(" + line[cell.col_offset :]).decode()
    return "\n".join(lines)


def _runs_python(call: ast.Call) -> bool:
    """Whether a call runs the Python in its last argument, as exports of `%%time` and `%time` do."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name("get_ipython"), args=[]), attr=how),
            args=[ast.Constant(value=str(magic)), _, *_],
        ):
            return magic in {"run_cell_magic": _PYTHON_MAGICS, "run_line_magic": ("time",)}.get(how, ())
    return False


def _problem(text: str) -> Message | None:
    """Return why a text is not Python, None if it is or if it is too long to be parsed."""
    if is_long(text):
        return None
    try:
        parse_strangers(text)
    except SyntaxError as error:
        if error.lineno:
            return Message.of("syntax_error_in_line", text=error.msg, line=error.lineno)
        return Message.of("exception_saying", kind="SyntaxError", text=error.msg)
    except UnreadableSource as error:
        return Message.of("cannot_be_parsed", reason=str(error))
    return None
