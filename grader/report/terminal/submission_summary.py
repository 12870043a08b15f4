"""Writes the summary that is read in a terminal, 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator

import click

from grader.report.causes import Cause, causes, place_of, state_of
from grader.report.language import _, decimal
from grader.report.messages import mark_message, not_final_message, tasks_message, text, told
from grader.report.numbers import points
from grader.report.slips import follow_through, looks_like, not_explained, repair_found
from grader.report.visible import is_blank, without_commands
from grader.results.explanation import Explanation
from grader.results.message import Message, parts
from grader.results.report import CheckResult, Report, Shown, TaskResult, Verdict, counted, is_picture

WIDTH = 80
_INPUTS, _ROW = 5, 12
"""How many inputs of a failing case are listed, and how many entries of one."""
_MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.SKIPPED: ("-", "bright_black"),
    Verdict.PENDING: ("…", "yellow"),
    Verdict.BROKEN: ("!", "magenta"),
}
_MOST_CAUSES = 3
"""Things to do that are listed; the first one is told in full."""
_MOST_NAME = 24
"""Columns for the names of the tasks."""
_MOST_HINT = 600
"""Characters of a sentence about the first one."""


def render(report: Report, changes: Message | None = None, *, verbose: bool = False) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted.

    It is a line per task, or all their checks if `verbose`, then what to do first, the `changes` since the
    last run, and the mark.
    """
    return "\n".join(_lines(report, changes, verbose)) + "\n"


def _lines(report: Report, changes: Message | None, verbose: bool) -> Iterator[str]:
    longest = max((len(task.task) for task in report.tasks), default=0)
    for task in report.tasks:
        if verbose:
            yield from _task(task)
        else:
            yield _brief(task, min(longest, _MOST_NAME))
            yield from wrapped(plain(_cut(text(task.why_missing))), "    ")
    found = causes(report)
    if found and not verbose:
        yield from _to_do(found)
    for note in report.notes:
        yield from wrapped(f"{_('Note:')} {plain(text(note))}", "")
    if report.provenance.not_isolated:
        kept = ", ".join(map(_, report.provenance.not_isolated))
        if report.provenance.sandbox == "none":
            yield from wrapped(_("Not isolated from the program: {0}.").format(kept), "")
    done = tasks_message(report, len(found))
    if done is not None:
        yield text(done)
    unfinished = not_final_message(report)
    if unfinished is not None:
        yield text(unfinished)
    if changes is not None:
        yield from wrapped(plain(text(changes)), "")
    first, *more = wrapped(text(mark_message(report)), "")
    for line in (first, *more):
        yield click.style(line, bold=True)


def _brief(task: TaskResult, width: int) -> str:
    """Return a task on one line; the names take `width` columns."""
    undone = _(task.stage)
    if not task.handed_in:
        undone = _("cannot be graded") if task.is_unreadable else _("not handed in")
    mark, colour = _MARKS[Verdict.SKIPPED if undone else state_of(task)]
    worth = _worth(task)
    title = f"{plain(task.task):<{width}}  {undone or plain(told(task.title))}"
    room = WIDTH - len(worth) - 4
    if len(title) > room:
        title = f"{title[: room - 1]}…"
    line = f"{title:<{room}}  {worth}"
    return f"{click.style(mark, fg=colour)} {click.style(line, fg=colour) if undone else line}"


def _to_do(found: list[Cause]) -> Iterator[str]:
    """Yield the first thing to do in full, and the next ones as a line each."""
    first, *others = found
    yield ""
    yield click.style(f"{_('What to do first')}{_gain(first)}", bold=True)
    place = "" if first.place is None else f"{first.place.file}:{first.place.line}: "
    yield from wrapped(plain(f"{place}{first.task.task}: {told(first.check.title)}"), "  ")
    for said in first.said:
        yield from wrapped(plain(_cut(text(said))), "  ")
    if others:
        yield _("Then")
    for cause in others[: _MOST_CAUSES - 1]:
        first_line, *rest = wrapped(
            plain(f"{cause.task.task}: {told(cause.check.title)}{_gain(cause)}"), "  "
        )
        yield f"{first_line[: WIDTH - 1]}…" if rest else first_line
    if len(others) >= _MOST_CAUSES:
        yield _("  and {0} more; --verbose lists all checks.").format(len(others) - _MOST_CAUSES + 1)
    yield ""


def _gain(cause: Cause) -> str:
    return "" if cause.worth is None else f" ({text(cause.worth)})"


def _worth(task: TaskResult) -> str:
    if task.waiting and task.waiting == task.points:
        return f"{_points(task.points)} {_('pending')}"
    if task.waiting:
        return f"{_points(task.score)}/{_points(task.points)}, {_points(task.waiting)} {_('pending')}"
    if task.points:
        return f"{_points(task.score)}/{_points(task.points)}"
    return f"{_points(task.score)} {_('bonus')}"


def _cut(said: str) -> str:
    return said if len(said) <= _MOST_HINT else f"{said[:_MOST_HINT]}…"


def _task(task: TaskResult) -> Iterator[str]:
    worth = _worth(task)
    title = f"{task.task}  {told(task.title)}"[: WIDTH - len(worth) - 2]
    yield click.style(f"{title}{worth:>{WIDTH - len(title)}}", bold=True)
    for slip in (follow_through(task), repair_found(task)):
        if slip is not None:
            yield from wrapped(plain(text(slip)), "    ")
    given: set[str] = set()
    for check in task.checks:
        if is_picture(check):
            continue  # shown on the page
        # A check without points is worth a line only if it fails.
        if check.verdict is not Verdict.SKIPPED and (check.points or check.verdict is not Verdict.PASSED):
            yield from _check(check, given, task)
    skipped = [check for check in task.checks if check.verdict is Verdict.SKIPPED]
    yield from _skipped(skipped, task.explanation)
    for note in task.notes:
        yield from wrapped(f"{_('Note:')} {plain(text(note))}", "    ")
    yield ""


def _check(check: CheckResult, given: set[str], task: TaskResult) -> Iterator[str]:
    """Yield the lines of a check; hints in `given` are not repeated."""
    yield from _line(check.verdict, plain(told(check.title)), check, task.explanation)
    if check.verdict not in (Verdict.FAILED, Verdict.BROKEN):
        return
    if counted(check, task.explanation) > check.score:
        yield from wrapped(text(Message.of("right_given")), "      ")
    yield from wrapped(f"{plain(text(check.message))}{_place(check)}", "      ")
    yield from _given(check)
    whole = told(check.hint) or text(check.diagnosis)
    hint = "" if whole in given else plain(whole)
    given.add(whole)
    name, limits = (plain(text(said)) for said in (looks_like(check), not_explained(task, check)))
    yield from wrapped(" ".join(filter(None, (name, limits, hint))), "      ")


def _given(check: CheckResult) -> Iterator[str]:
    """Yield the inputs of the failing case that fit on a line: numbers, texts, a few labels, a short mask."""
    inputs = () if check.evidence is None else check.evidence.inputs
    short = [f"{plain(one.name)} = {plain(written)}" for one in inputs if (written := _written(one))]
    if short:
        more = ", …" if len(short) > _INPUTS else ""
        yield from wrapped(_("With {0}").format(f"{', '.join(short[:_INPUTS])}{more}"), "      ")


def _written(shown: Shown) -> str:
    """Return a value that is no tensor, or a row of integers or truth values; empty for any other."""
    if shown.kind != "tensor":
        return shown.text if len(shown.text) <= WIDTH else f"{shown.text[: WIDTH - 1]}…"
    row = len(shown.shape) == 1 and 0 < len(shown.values) == shown.shape[0] <= _ROW
    if row and not any(isinstance(entry, (float, str)) for entry in shown.values):
        return f"[{', '.join(map(str, shown.values))}]"
    return ""


def _place(check: CheckResult) -> str:
    """Return the line of the student's that raised an exception: ` (lstm_cell.py:12)`."""
    place = place_of(check)
    if place is None:
        return ""
    here = {"file": place.file, "line": place.line}
    if any(here.items() <= part.parameters.items() for part in parts(check.message)):
        return ""
    return f" ({plain(place.file)}:{place.line})"


def _line(verdict: Verdict, title: str, check: CheckResult, explanation: Explanation | None) -> Iterator[str]:
    mark, colour = _MARKS[verdict]
    first, *more = textwrap.wrap(f"{title}{_(' (bonus)')}" if check.bonus else title, WIDTH - 15) or [""]
    score = _points(counted(check, explanation))
    worth = f"{score}/{_points(check.points)}" if check.points else _(verdict.value)
    if verdict is Verdict.PENDING and check.points:
        worth = f"{_points(check.points)} {_(verdict.value)}"
    yield f"  {click.style(mark, fg=colour)} {first:<{WIDTH - 15}}{worth:>11}"
    for line in more:
        yield f"    {line}"


def _skipped(checks: list[CheckResult], explanation: Explanation | None) -> Iterator[str]:
    if checks:
        mark, colour = _MARKS[Verdict.SKIPPED]
        scores = [counted(check, explanation) for check in checks]
        worth = f"{_points(sum(scores))}/{_points(sum(check.points for check in checks))}"
        right = sum(explanation is not None and check.check in explanation.right_given for check in checks)
        one_or_many = _(
            "{0} check was skipped: it depends on what failed."
            "|{0} checks were skipped: they depend on what failed."
        )
        words = one_or_many.split("|")[len(checks) != 1].format(len(checks))
        if right:
            words = _("{0} skipped, {1} of them right apart from that mistake.").format(len(checks), right)
        yield f"  {click.style(mark, fg=colour)} {words:<{WIDTH - 15}}{worth:>11}"


def _points(value: float) -> str:
    return decimal(points(value))


def wrapped(text: str, indent: str, later: str | None = None) -> list[str]:
    """Return the lines of a plain text, each after `indent`; the second and later ones after `later`."""
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent if later is None else later
    )
    # At the beginning of a line, GitHub obeys `::command::`.
    return [re.sub(r"^(\s*)::", r"\1: :", line) for line in lines]


def plain(text: str) -> str:
    """Return `text` on one line, without characters that move a cursor or change the writing direction."""
    return without_commands(" ".join("".join(map(_plain, text)).split()))


def _plain(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return character if character.isprintable() and not is_blank(character) else "�"
