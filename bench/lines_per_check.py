"""Prints how many lines a check takes, beside the same questions in plain pytest.

Counted are the lines of code of a check's body, without its docstring, and those of the whole file, helpers
included, without blank lines, comments and docstrings.
"""

import ast
import io
import statistics
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODELESS = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def code_lines(source: str) -> set[int]:
    """Return the numbers of the lines that hold code, docstrings left out."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*CODELESS, tokenize.ENDMARKER):
            held |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            held -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return held


def bodies(source: str) -> list[int]:
    """Return the lines of code in the body of each check or test."""
    held = code_lines(source)
    return [
        len(held & set(range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)))
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and (node.name.startswith("test_") or "task.check" in "".join(map(ast.unparse, node.decorator_list)))
    ]


def row(name: str, *files: Path) -> str:
    """Return a row of the table: what is asked, how many checks, lines per check and in all."""
    sources = [file.read_text() for file in files]
    lines = [count for source in sources for count in bodies(source)]
    whole = sum(len(code_lines(source)) for source in sources)
    return f"| {name} | {len(lines)} | {statistics.median(lines):g} | {max(lines)} | {whole} |"


def main() -> None:
    """Print the table."""
    print("| | checks | lines per check (median) | at most | lines in all |\n| --- | --- | --- | --- | --- |")
    for task in ("attention", "layers"):
        print(row(f"`{task}`", ROOT / "examples" / "transformers" / task / "checks.py"))
        print(row(f"`{task}` in plain pytest", ROOT / "bench" / "plain_pytest" / f"{task}_in_pytest.py"))
    print(row("all of `examples/transformers`", *ROOT.glob("examples/transformers/*/checks.py")))
    print(row("all of `reference`", *ROOT.glob("reference/*/checks.py")))


if __name__ == "__main__":
    main()
