"""Writes the summary of one submission as GitHub-flavoured Markdown, for a job summary or a comment.

All text may be a stranger's, so each character that Markdown or HTML could obey is escaped, and so are
mentions and references to issues.
"""

import re
from collections.abc import Iterator

from grader.report.causes import Cause, causes
from grader.report.language import _, decimal
from grader.report.messages import mark_message, not_final_message, tasks_message, text, told
from grader.report.numbers import points
from grader.report.visible import cut, visible
from grader.results.message import Message
from grader.results.report import Report, TaskResult, Verdict

_MOST_CAUSES = 10
_MOST = 600
"""Characters of one sentence: a job summary holds 1 MiB."""
_ACTIVE = re.compile(r"[\\`*_{}\[\]<>#+\-!|~&@:$^=]|(?<=\bwww)\.", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d+)([.)])")
"""The beginning of a numbered list."""
_CODE = re.compile(r"`([^`\n]+)`")


def render(report: Report, changes: Message | None = None) -> str:
    """Return the mark, a row per task, and what to do first."""
    return "\n".join(_lines(report, changes)) + "\n"


def _lines(report: Report, changes: Message | None) -> Iterator[str]:
    yield f"## {escaped(text(mark_message(report)))}"
    yield ""
    found = causes(report)
    for said in (tasks_message(report, len(found)), changes):
        if said is not None:
            yield escaped(text(said))
            yield ""
    unfinished = not_final_message(report)
    if unfinished is not None:
        yield text(unfinished)
        yield ""
    yield f"| | {_('task')} | {_('points')} |"
    yield "| --- | --- | ---: |"
    for task in report.tasks:
        title = escaped(cut(told(task.title), 200))
        yield f"| {_mark(task)} | `{_code(task.task)}` {title} | {_worth(task)} |"
    if found:
        yield ""
        yield f"### {_('What to do first')}"
        yield ""
    for number, cause in enumerate(found[:_MOST_CAUSES], 1):
        yield from _cause(number, cause)
    if len(found) > _MOST_CAUSES:
        yield _("{0} more are in the report.").format(len(found) - _MOST_CAUSES)


def _mark(task: TaskResult) -> str:
    if not task.handed_in or task.stage:
        return "–"
    if Verdict.PENDING in task.open_verdicts:
        return "⏳"
    return "✅" if task.score >= (task.points or task.most) else "❌"


def _worth(task: TaskResult) -> str:
    if not task.handed_in:
        return prose(cut(text(task.why_missing), _MOST)) or _("not handed in")
    if not task.points:
        return f"{decimal(points(task.score))} {_('bonus')}"
    waiting = f", {decimal(points(task.waiting))} {_('pending')}" if task.waiting else ""
    stage = f", {_(task.stage)}" if task.stage else ""
    return f"{decimal(points(task.score))} / {decimal(points(task.points))}{waiting}{stage}"


def _cause(number: int, cause: Cause) -> Iterator[str]:
    worth = "" if cause.worth is None else f" ({text(cause.worth)})"
    place = "" if cause.place is None else f", `{_code(cause.place.file)}` {_('line')} {cause.place.line}"
    yield f"{number}. **{prose(cut(told(cause.check.title), 300))}** `{_code(cause.task.task)}`{place}{worth}"
    for said in cause.said:
        yield f"   {prose(cut(text(said), _MOST))}"
    yield ""


def prose(said: str) -> str:
    """Return a sentence in which what stands between backticks is code, and nothing else is obeyed."""
    pieces = _CODE.split(" ".join(visible(said).split()))
    return "".join(f"`{_code(piece)}`" if n % 2 else escaped(piece) for n, piece in enumerate(pieces))


def escaped(said: str) -> str:
    """Return a text on one line with each character escaped that Markdown or HTML may obey.

    As character references: GitHub obeys mentions after a backslash.
    """
    line = re.sub(r"\s+", " ", visible(said))
    line = _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", line)
    return _NUMBERED.sub(lambda found: f"{found[1]}&#{ord(found[2])};", line)


def _code(said: str) -> str:
    return cut(" ".join(visible(said).split()), 200).replace("`", "'").replace("|", "¦")
