"""Magics: lines that only IPython understands, found as IPython finds them, at the start of a statement.

Inside brackets or strings there are none: there, a line `% (four, five)` continues an expression.
"""

import re
from collections.abc import Iterator

_LONGEST = 1000
# `%magic`, `%%magic`, `!command`, `!!command`, `?help`, `,call`, `;call`, `/call`
_ESCAPED = re.compile(r"[%!?,;/].*")
_HELP = re.compile(r"%{0,2}[^\W\d][\w.*\[\]'\"]*\?\??")
_INSTALL = re.compile(r"(?:pip3?|conda|mamba|uv) install\b.*")
# Possessive quantifiers such as `\s++` keep a line of blanks from taking time that grows with its square.
_ASSIGNED = re.compile(
    r"(?P<target>[^\W\d][\w.,\[\]'\"]*+(?:\s++[\w.,\[\]'\"]++)*+)\s*+=\s*+(?P<mark>[%!])(?!=)(?P<rest>.*)",
    re.DOTALL,
)
_TIMED = re.compile(r"%time\s+(?=[^\s%!])")
_RUN = re.compile(
    r"%run\s++(?:-\w++\s++)*+(?P<quote>['\"]?)(?P<path>[\w./-][\w./ -]*)\.(?P<kind>py|ipynb)(?P=quote)"
    r"(?:\s.*)?"
)
_STRING = re.compile(r"(?i:[rbuf]{0,2})('''|\"\"\"|'|\")")


def without(text: str) -> str:
    """Return a program with each magic replaced by Python; other lines stay unchanged."""
    lines = text.split("\n")
    for first, last in _statements(lines):
        whole = "\n".join(lines[first : last + 1])
        instead = _instead(whole)
        if instead != whole:
            # Keep the number of lines, so later line numbers stay right.
            lines[first : last + 1] = (instead + "\n" * (last - first - instead.count("\n"))).split("\n")
    return "\n".join(lines)


def _statements(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Return the first and the last line of each statement or magic."""
    first = 0
    while first < len(lines):
        code = lines[first].strip()
        last = first
        if _instead(lines[first]) != lines[first]:
            while lines[last].rstrip().endswith("\\") and last + 1 < len(lines):
                last += 1
        elif code and not code.startswith("#"):
            last = _end(lines, first)
        yield first, last
        first = last + 1


def _end(lines: list[str], first: int) -> int:
    """Return the last line of the Python statement that begins in line `first`."""
    depth, string = 0, ""
    for number in range(first, len(lines)):
        line, at = lines[number], 0
        while at < len(line):
            if string:
                end = _closed(line, at, string)
                if end < 0:
                    break
                at, string = end, ""
            elif opened := _STRING.match(line, at):
                string, at = opened[1], opened.end()
            elif line[at] == "#":
                break
            else:
                depth += (line[at] in "([{") - (line[at] in ")]}")
                at += 1
        continued = line.endswith("\\") and not line.rstrip("\\").lstrip().startswith("#")
        if len(string) == 1 and not continued:
            string = ""  # it is no string: Python will say so
        if not string and depth <= 0 and not continued:
            return number
    return len(lines) - 1


def _closed(line: str, at: int, quote: str) -> int:
    """Return where the open string ends, -1 if it continues in the next line."""
    while at < len(line):
        if line[at] == "\\":
            at += 2
        elif line.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return -1


def _instead(line: str) -> str:
    """Return the Python code for a line; a line that is Python stays as it is."""
    indent = line[: len(line) - len(line.lstrip())]
    code = line.strip()
    if len(code) > _LONGEST:
        return line
    if timed := _TIMED.match(code):
        return indent + code[timed.end() :]
    if run := _RUN.fullmatch(code):
        return indent + _run(run["path"], run["kind"], indent)
    if _ESCAPED.match(code):
        return f"{indent}pass"
    if _HELP.fullmatch(code) or _INSTALL.match(code):
        return f"{indent}pass"
    if found := _ASSIGNED.match(code):
        if timed := _TIMED.match(found["mark"] + found["rest"]):
            return f"{indent}{found['target']} = {(found['mark'] + found['rest'])[timed.end() :]}"
        if "," in found["target"]:
            return f"{indent}pass"
        return f"{indent}{found['target']} = {'[]' if found['mark'] == '!' else 'None'}"
    return line


def _run(path: str, kind: str, indent: str) -> str:
    """Return code that runs another file as a module, so a failure there skips only that statement."""
    parts = path.removeprefix("./").split("/")
    if not indent and all(part.isidentifier() for part in parts):
        return f"from {'.'.join(parts)} import *"
    return f"exec(open({f'{path}.py'!r}, encoding='utf-8').read())" if kind == "py" else "pass"
