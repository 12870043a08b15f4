"""Turns a notebook into the module that its code cells are, without what only a notebook understands."""

import re
from collections.abc import Iterator
from typing import Any

from grader.errors import UnreadableSource
from grader.syntax import parse_strangers

_PYTHON_MAGICS = ("time", "timeit", "capture", "prun", "writefile")  # of a cell that is Python all the same
# `%magic`, `!command`, `?help` and `help?`, `name = %magic`, `name = !command`, `pip install`
_MAGIC = re.compile(r"[%!?].*|[\w.]+\?\??|\w[\w, ]*=\s*[%!].*|(?:pip3?|conda) install\b.*")
_TIMED = re.compile(r"(\w[\w, ]*=\s*)?%time\s+(?=[^\s%!])")
_NAMED = re.compile(r"(\w+)\s*=\s*([%!])")
_FUTURE = re.compile(r"^from __future__ import (?:\([^()]{0,400}\).*|.*)", re.MULTILINE)
_LONGEST_MAGIC = 1000
_LONGEST_CELL = 1 << 16
MOST_PARSED = 1 << 18
"""Characters of all cells that are parsed: it takes much time and memory, and no person writes more."""
_A_CELL = 50
"""What a cell costs beside its characters."""
_MOST_LINES = 50_000


def code_of(notebook: Any, most_parsed: int = MOST_PARSED) -> str:
    """Return the code cells as one module, each below its number.

    Cells beyond `most_parsed` characters are not parsed: lines that look like magics are taken as such.
    What raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` is no notebook.
    """
    cells = []
    future: list[str] = []
    lines, left = 0, most_parsed
    for number, text in enumerate(_code_cells(notebook), 1):
        lines += text.count("\n")
        left -= len(text) + _A_CELL
        if lines > _MOST_LINES:
            raise ValueError("it has too many lines")
        code = _python(text, left >= 0)
        if code is not None:
            # In a notebook it may come late; in a module it comes first.
            future += _FUTURE.findall(code)
            # The mark is that of an exported notebook: a module that has it was one.
            cells.append(f"# In[{number}]:\n{_FUTURE.sub('pass', code)}")
    return "\n\n".join([*future, *cells]) + "\n"


def _code_cells(notebook: Any) -> Iterator[str]:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = cell["source"]
            yield source if isinstance(source, str) else "".join(source)


def _python(text: str, parsed: bool) -> str | None:
    """Return what of a cell is Python; None for a cell in another language."""
    first, _, rest = text.lstrip().partition("\n")
    if first.startswith("%%"):
        magic, _, rest_of_line = first[2:].strip().partition(" ")
        if magic not in _PYTHON_MAGICS or (magic == "writefile" and not rest_of_line.endswith(".py")):
            return None
        text = rest
    return text if parsed and _is_python(text) else _without_magics(text)


def _without_magics(text: str) -> str:
    lines = []
    continued = dropped = False
    for line in text.split("\n"):
        if continued:  # by a backslash: it goes the way of the line before
            instead = "" if dropped else line
        else:
            instead = _instead(line)
            dropped = instead != line and not instead.endswith("\\")
        continued = line.rstrip().endswith("\\")
        lines.append(instead)
    return "\n".join(lines)


def _instead(line: str) -> str:
    """Return what Python is to run in place of a line, which is the line where it is Python."""
    code = line.strip()
    if len(code) > _LONGEST_MAGIC or not _MAGIC.fullmatch(code):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    timed = _TIMED.match(code)
    if timed:
        return f"{indent}{timed[1] or ''}{code[timed.end() :]}"
    named = _NAMED.match(code)
    if named:
        return f"{indent}{named[1]} = {'[]' if named[2] == '!' else 'None'}"
    return f"{indent}pass"


def _is_python(text: str) -> bool:
    if len(text) > _LONGEST_CELL:
        return False
    try:
        parse_strangers(text)
    except (SyntaxError, UnreadableSource):
        return False
    return True
