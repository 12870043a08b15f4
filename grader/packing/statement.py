"""A task's statement as a page: Markdown with formulas, made into HTML that needs nothing else."""

import html

from grader.assignment.questions import WrittenTask
from grader.errors import UsageError
from grader.report.numbers import points

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2em; }
code { font: 0.92em/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem 1rem; border: 1px solid #8886; border-radius: 6px; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8886; padding: 0.3rem 0.7rem; text-align: left; }
math[display="block"] { overflow-x: auto; padding: 0.25rem 0; }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""


def written_statement(task: WrittenTask) -> str:
    """Return the questions of a task that is answered in words, as Markdown."""
    parts = [f"# {task.title}", f"*File `{task.file}`, {points(task.points)} points.*"]
    for one in task.questions:
        parts += [f"## {one.number} {one.title} ({points(one.points)})", one.statement.strip()]
    return "\n\n".join([*parts, ""])


def answer_sheet(task: WrittenTask) -> str:
    """Return the file that students write their answers into: a heading per question."""
    return "\n\n".join([f"# {task.title}", *(f"## {one.number} {one.title}" for one in task.questions), ""])


def page(title: str, markdown: str) -> str:
    """Return the page. Raises `UsageError` if the libraries for it are not installed."""
    try:
        from latex2mathml.converter import convert
        from markdown_it import MarkdownIt
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError:
        raise UsageError(
            "Statements are made into pages by libraries that are not installed: "
            "pip install 'torch-homework-grader[kit]'"
        ) from None

    def formula(tex: str, options: dict[str, bool]) -> str:
        return str(convert(tex, display="block" if options.get("display_mode") else "inline"))

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.use(dollarmath_plugin, renderer=formula, double_inline=True)
    return _PAGE.format(title=html.escape(title), style=_STYLE, body=parser.render(markdown))
