"""Writes what a terminal shows of a class, 80 columns wide."""

import statistics
from collections import Counter
from collections.abc import Iterator

import click

from grader.report.messages import text
from grader.report.numbers import points
from grader.report.terminal.submission_summary import WIDTH, plain, wrapped
from grader.report.visible import cut
from grader.results.course import CheckCount, ClassResult, Row
from grader.results.message import Message
from grader.results.report import LOADS

_MOST = 5
_MOST_LISTED = 40
_SHOWN = 400
"""Characters of a text that a student may have written."""


def render(result: ClassResult) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted."""
    return "\n".join(_lines(result)) + "\n"


def line(done: int, of: int, row: Row) -> str:
    """Return one line about one submission."""
    name = plain(row.folder)[: WIDTH - 30]
    if row.problem:
        return f"{done}/{of}  {name}  {plain(cut(text(row.problem), _SHOWN))}"
    unsure = f", {points(row.waiting)} pending" if row.waiting else "" if row.final else ", not final"
    return f"{done}/{of}  {name}  {points(row.score)} of {points(row.points)}{unsure}"


def _lines(result: ClassResult) -> Iterator[str]:
    graded = [row for row in result.students if not row.problem]
    unreadable = [row for row in result.students if row.problem]
    full = sum(row.score >= row.points for row in graded)
    yield click.style(f"{len(result.students)} submissions, {full} with full marks", bold=True)
    if graded:
        scores = [row.score for row in graded]
        yield (
            f"score: median {points(statistics.median(scores))}, mean {points(statistics.mean(scores))}, "
            f"{points(min(scores))} to {points(max(scores))} of {points(result.points)}"
        )
    absent = Counter(task for row in graded for task in row.not_handed_in)
    # The import of a file that is not there "fails" as well, which says nothing about the class.
    tried = [c for c in result.checks if c.check != LOADS or c.failed > absent[c.task]]
    hardest = sorted(tried, key=lambda count: -_cost(count))[:_MOST]
    yield from _list("Most points were lost in", [_hard(count) for count in hardest if _cost(count)])
    counted = ", ".join(f"{count} × {task}" for task, count in absent.most_common())
    yield from _list("Not handed in", [counted] if counted else [])
    named = [f"{len(m.students)} × {m.task}: {m.title or m.mistake}" for m in result.mistakes[:_MOST]]
    yield from _list("Most frequent mistakes", named)
    shared = [c for c in result.clusters if len(c.students) > 1]
    alike = [f"{len(c.students)} × {c.task}, {c.checks[0]}: {text(c.head)}" for c in shared[:_MOST]]
    yield from _list("The same failure, which no known mistake explains", alike)
    yield from _list("To know", [text(notice) for notice in result.notices])
    yield from _list("Not graded", [f"{row.folder}: {text(row.problem)}" for row in unreadable])
    yield from _list("In the roster, with no submission", [f"{p.id} {p.name}" for p in result.missing])
    yield from _list("In no roster", result.unknown)
    yield from _list("Left out: of no student", result.left_out)
    if any(row.is_broken for row in result.students):
        yield "Not final: some checks could not be decided, which costs no points."
    again = sum(one.another_look for row in result.students for one in row.decided)
    if again:
        yield f"Not final: {text(Message.of('look_again', count=again))}"
    waiting = [row for row in result.students if row.waiting]
    if waiting:
        yield (
            f"Not final: {points(sum(row.waiting for row in waiting))} points of {len(waiting)} "
            f"{'submission' if len(waiting) == 1 else 'submissions'} wait for a person."
        )


def _cost(count: CheckCount) -> float:
    """Return what failing a check cost: its own points, and those of the checks skipped because of it."""
    return count.lost - count.lost_skipped + count.behind


def _hard(count: CheckCount) -> str:
    cost, part = points(_cost(count)), points(count.behind)
    behind = (
        f", {'all' if part == cost else part} of them in checks skipped because of it" if count.behind else ""
    )
    return f"{count.task}: {count.title} ({cost} points{behind})"


def _list(title: str, entries: "list[str] | tuple[str, ...]") -> Iterator[str]:
    if entries:
        yield ""
        yield f"{title}:"
    for entry in entries[:_MOST_LISTED]:
        yield from wrapped(plain(cut(entry, _SHOWN)), "  ", "      ") or [""]
    if len(entries) > _MOST_LISTED:
        yield f"  and {len(entries) - _MOST_LISTED} more, in class.html"
