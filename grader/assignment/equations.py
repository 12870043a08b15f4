"""Equations of a statement, by the value that each defines: a report shows them beside a wrong value."""

import re

_DISPLAYED = re.compile(r"\$\$(.{1,4000}?)\$\$", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{\w+\*?\}")
_COMMENT = re.compile(r"&&.*?(?=\\\\|$)")
"""What stands right of an equation, as the name of a gate."""
_END = re.compile(r"\\\\|,\s*(?:\\qquad\b|\\quad\b|&|$)|\.\s*$", re.MULTILINE)
_DEFINED = re.compile(r"(?:\\text\{(?P<word>\w+)\}|(?P<letter>[A-Za-z]))'*(?:_(?:\w|\{[^{}=]*\}))?'*\s*=")
_LONGEST = 400
"""Characters of an equation."""


def equations_of(statement: str) -> dict[str, str]:
    r"""Return the displayed equations of a statement as TeX, by the plain name on their left side.

    `c_t = …`, `c' = …` and `\text{c} = …` define `c`. A name that several equations define is left out: which
    of them a value belongs to is not known.
    """
    found: dict[str, list[str]] = {}
    for block in _DISPLAYED.findall(statement):
        lines = (_COMMENT.sub("", line) for line in _ENVIRONMENT.sub("", block).split("\n"))
        for part in _END.split("\n".join(lines)):
            equation = " ".join(part.replace("&", "").split())
            defined = _DEFINED.match(equation)
            if defined and len(equation) <= _LONGEST:
                found.setdefault(defined["word"] or defined["letter"], []).append(equation)
    return {name: equations[0] for name, equations in found.items() if len(equations) == 1}
