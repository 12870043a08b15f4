"""Writes what a terminal shows of a class, 80 columns wide."""

from collections.abc import Iterator

import click

from grader.report.terminal.submission_summary import WIDTH, number, plain, wrapped
from grader.report.visible import cut
from grader.results.course import CheckCount, ClassResult, Row

_MOST = 5
_MOST_LISTED = 40
_LONGEST = 400
"""Of what strangers may have written, in characters."""


def render(result: ClassResult) -> str:
    """Return the summary, with colours; the caller strips them where they are not wanted."""
    return "\n".join(_lines(result)) + "\n"


def line(done: int, of: int, row: Row) -> str:
    """Return one line about one submission."""
    name = plain(row.folder)[: WIDTH - 30]
    if row.problem:
        return f"{done}/{of}  {name}  {plain(cut(row.problem, _LONGEST))}"
    unsure = "" if row.final else ", not final"
    return f"{done}/{of}  {name}  {number(row.score)} of {number(row.points)}{unsure}"


def remaining(seconds: float, done: int, left: int) -> str:
    """Return the end of a line of progress: how long `left` more take if they go on like `done`."""
    if not done or not left:
        return ""
    rest = round(seconds / done * left)
    minutes = f"{rest // 60} min {rest % 60:02} s" if rest >= 60 else f"{rest} s"
    return f", about {minutes} left"


def _lines(result: ClassResult) -> Iterator[str]:
    graded = [row for row in result.students if not row.problem]
    unreadable = [row for row in result.students if row.problem]
    full = sum(row.score >= row.points for row in graded)
    yield click.style(f"{len(result.students)} submissions, {full} with full marks", bold=True)
    if graded:
        scores = sorted(row.score for row in graded)
        middle = (scores[(len(scores) - 1) // 2] + scores[len(scores) // 2]) / 2
        yield (
            f"score: median {number(middle)}, mean {number(sum(scores) / len(scores))}, "
            f"{number(scores[0])} to {number(scores[-1])} of {number(result.points)}"
        )
    hardest = sorted(result.checks, key=lambda count: -_cost(count))[:_MOST]
    yield from _list("Most points were lost in", [_hard(count) for count in hardest if _cost(count)])
    named = [f"{len(m.students)} × {m.task}: {m.mistake}" for m in result.mistakes[:_MOST]]
    yield from _list("Most frequent mistakes", named)
    shared = [c for c in result.clusters if len(c.students) > 1]
    alike = [f"{len(c.students)} × {c.task}, {c.checks[0]}: {c.head}" for c in shared[:_MOST]]
    yield from _list("Alike, and explained by no known mistake", alike)
    yield from _list("Not graded", [f"{row.folder}: {row.problem}" for row in unreadable])
    yield from _list("In the roster, with no submission", [f"{p.id} {p.name}" for p in result.missing])
    yield from _list("In no roster", result.unknown)
    yield from _list("Left out: not a folder", result.left_out)
    if not all(row.final for row in result.students):
        yield "Not final: some checks could not be decided, which costs nobody points."


def _cost(count: CheckCount) -> float:
    """Return what failing a check cost: its own points, and those that were skipped behind it."""
    return count.lost - count.lost_skipped + count.behind


def _hard(count: CheckCount) -> str:
    cost, part = number(_cost(count)), number(count.behind)
    behind = (
        f", {'all' if part == cost else part} of them in checks skipped behind it" if count.behind else ""
    )
    return f"{count.task}: {count.title} ({cost} points{behind})"


def _list(title: str, entries: "list[str] | tuple[str, ...]") -> Iterator[str]:
    if entries:
        yield ""
        yield f"{title}:"
    for entry in entries[:_MOST_LISTED]:
        yield from wrapped(plain(cut(entry, _LONGEST)), "  ", "      ") or [""]
    if len(entries) > _MOST_LISTED:
        yield f"  and {len(entries) - _MOST_LISTED} more, in class.html"
