"""Writes the summary that is read in a terminal, 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator

import click

from grader.report.messages import lateness_message, text
from grader.report.numbers import points
from grader.report.slips import follow_through, not_explained, repair_found
from grader.report.visible import is_blank
from grader.results.explanation import Explanation
from grader.results.message import Message, parts
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture

WIDTH = 80
_MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.SKIPPED: ("-", "bright_black"),
    Verdict.PENDING: ("…", "yellow"),
    Verdict.BROKEN: ("!", "magenta"),
}


def render(report: Report) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for task in report.tasks:
        yield from _task(task)
    late = lateness_message(report.score, report.points, report.lateness)
    if late is not None:
        yield from wrapped(f"Late days: {text(late)}", "")
    for note in report.notes:
        yield from wrapped(f"Note: {plain(text(note))}", "")
    if report.provenance.not_isolated:
        kept = ", ".join(report.provenance.not_isolated)
        if report.provenance.sandbox == "none":
            yield from wrapped(f"Not isolated from the program: {kept}.", "")
    if not report.final:
        yield "Not final: some checks could not be decided, which is not your fault."
    total = f"{points(report.score)} of {points(report.points)} points"
    yield click.style(total, bold=True)


def _task(task: TaskResult) -> Iterator[str]:
    worth = f"{points(task.score)}/{points(task.points)}"
    title = f"{task.task}  {task.title}"[: WIDTH - len(worth) - 2]
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
        yield from wrapped(f"Note: {plain(text(note))}", "    ")
    yield ""


def _check(check: CheckResult, given: set[str], task: TaskResult) -> Iterator[str]:
    """Yield the lines of a check; hints in `given` are not repeated."""
    yield from _line(check.verdict, plain(check.title), check, task.explanation)
    if check.verdict not in (Verdict.FAILED, Verdict.BROKEN):
        return
    if counted(check, task.explanation) > check.score:
        yield from wrapped(text(Message.of("right_given")), "      ")
    yield from wrapped(f"{plain(text(check.message))}{_place(check)}", "      ")
    whole = check.hint or text(check.diagnosis)
    hint = "" if whole in given else plain(whole)
    given.add(whole)
    if check.mistake:
        title = plain(check.mistake_title or check.mistake).rstrip(".")
        limits = plain(text(not_explained(task, check)))
        yield from wrapped(" ".join(filter(None, (f"This looks like: {title}.", limits, hint))), "      ")
    elif hint:
        yield from wrapped(hint, "      ")


def _place(check: CheckResult) -> str:
    """Return the line of the student's that raised an exception: ` (lstm_cell.py:12)`."""
    raised = None if check.evidence is None else check.evidence.raised
    if raised is None or not raised.excerpts:
        return ""
    innermost = raised.excerpts[-1]
    marked = next((line.number for line in innermost.lines if line.marked), None)
    here = {"file": innermost.file, "line": marked}
    if marked is None or any(here.items() <= part.parameters.items() for part in parts(check.message)):
        return ""
    return f" ({plain(innermost.file)}:{marked})"


def _line(verdict: Verdict, title: str, check: CheckResult, explanation: Explanation | None) -> Iterator[str]:
    mark, colour = _MARKS[verdict]
    first, *more = textwrap.wrap(title, WIDTH - 15) or [""]
    score = points(counted(check, explanation))
    worth = f"{score}/{points(check.points)}" if check.points else verdict.value
    yield f"  {click.style(mark, fg=colour)} {first:<{WIDTH - 15}}{worth:>11}"
    for line in more:
        yield f"    {line}"


def _skipped(checks: list[CheckResult], explanation: Explanation | None) -> Iterator[str]:
    if checks:
        mark, colour = _MARKS[Verdict.SKIPPED]
        scores = [counted(check, explanation) for check in checks]
        worth = f"{points(sum(scores))}/{points(sum(check.points for check in checks))}"
        right = sum(explanation is not None and check.check in explanation.right_given for check in checks)
        if len(checks) == 1:
            words = "1 check was skipped: it depends on what failed."
        else:
            words = f"{len(checks)} checks were skipped: they depend on what failed."
        if right:
            words = f"{len(checks)} skipped, {right} of them right given the slip."
        yield f"  {click.style(mark, fg=colour)} {words:<{WIDTH - 15}}{worth:>11}"


def wrapped(text: str, indent: str, later: str | None = None) -> list[str]:
    """Return the lines of a plain text, each after `indent`; the second and later ones after `later`."""
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent if later is None else later
    )
    # At the beginning of a line, GitHub obeys `::command::`.
    return [re.sub(r"^(\s*)::", r"\1: :", line) for line in lines]


def plain(text: str) -> str:
    """Return `text` on one line, without characters that move a cursor or change the writing direction."""
    line = " ".join("".join(map(_plain, text)).split())
    # Anywhere in a line, Azure obeys `##vso[…]` and `##[…]`.
    return re.sub(r"##(?=vso\[|\[)", "# #", line)


def _plain(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return character if character.isprintable() and not is_blank(character) else "�"
