"""Writes the summary that is read in a terminal, 80 columns wide."""

import re
import textwrap
from collections.abc import Iterator

import click

from grader.report.visible import is_blank
from grader.results.report import CheckResult, Report, TaskResult, Verdict, is_picture

WIDTH = 80
_MARKS = {
    Verdict.PASSED: ("✓", "green"),
    Verdict.FAILED: ("✗", "red"),
    Verdict.SKIPPED: ("-", "bright_black"),
    Verdict.PENDING: ("…", "yellow"),
    Verdict.BROKEN: ("!", "magenta"),
}


def render(report: Report) -> str:
    """Return the summary, with colours; the caller strips them where they are not wanted."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for task in report.tasks:
        yield from _task(task)
    for note in report.notes:
        yield from wrapped(f"Note: {plain(note)}", "")
    if report.provenance.not_isolated:
        kept = ", ".join(report.provenance.not_isolated)
        if report.provenance.sandbox == "none":
            yield from wrapped(f"Not isolated from the program: {kept}.", "")
    if not report.final:
        yield "Not final: some checks could not be decided, which is not your fault."
    total = f"{number(report.score)} of {number(report.points)} points"
    yield click.style(total, bold=True)


def _task(task: TaskResult) -> Iterator[str]:
    points = f"{number(task.score)}/{number(task.points)}"
    title = f"{task.task}  {task.title}"[: WIDTH - len(points) - 2]
    yield click.style(f"{title}{points:>{WIDTH - len(title)}}", bold=True)
    told: set[str] = set()
    for check in task.checks:
        if is_picture(check):
            continue  # to be looked at, on the page
        # A gate without points is worth a line only where it fails.
        if check.verdict is not Verdict.SKIPPED and (check.points or check.verdict is not Verdict.PASSED):
            yield from _check(check, told)
    yield from _skipped([check for check in task.checks if check.verdict is Verdict.SKIPPED])
    for note in task.notes:
        yield from wrapped(f"Note: {plain(note)}", "    ")
    yield ""


def _check(check: CheckResult, told: set[str]) -> Iterator[str]:
    """Yield the lines of a check; hints in `told` are not given again."""
    yield from _line(check.verdict, plain(check.title), check)
    if check.verdict not in (Verdict.FAILED, Verdict.BROKEN):
        return
    yield from wrapped(f"{plain(check.message)}{_place(check)}", "      ")
    hint = "" if check.hint in told else plain(check.hint)
    told.add(check.hint)
    if check.mistake:
        yield from wrapped(f"This looks like: {plain(check.mistake)}. {hint}".rstrip(), "      ")
    elif hint:
        yield from wrapped(hint, "      ")


def _place(check: CheckResult) -> str:
    """Return where in the student's files an exception was raised, as ` (lstm_cell.py:12)`."""
    raised = None if check.evidence is None else check.evidence.raised
    if raised is None or not raised.excerpts:
        return ""
    innermost = raised.excerpts[-1]
    marked = next((line.number for line in innermost.lines if line.marked), None)
    if marked is None or f"{innermost.file}, line {marked}" in check.message:
        return ""
    return f" ({plain(innermost.file)}:{marked})"


def _line(verdict: Verdict, title: str, check: CheckResult) -> Iterator[str]:
    mark, colour = _MARKS[verdict]
    first, *more = textwrap.wrap(title, WIDTH - 15) or [""]
    points = f"{number(check.score)}/{number(check.points)}" if check.points else verdict.value
    yield f"  {click.style(mark, fg=colour)} {first:<{WIDTH - 15}}{points:>11}"
    for line in more:
        yield f"    {line}"


def _skipped(checks: list[CheckResult]) -> Iterator[str]:
    if checks:
        mark, colour = _MARKS[Verdict.SKIPPED]
        points = f"0/{number(sum(check.points for check in checks))}"
        if len(checks) == 1:
            text = "1 check was skipped: it stands on what failed."
        else:
            text = f"{len(checks)} checks were skipped: they stand on what failed."
        yield f"  {click.style(mark, fg=colour)} {text:<{WIDTH - 15}}{points:>11}"


def wrapped(text: str, indent: str, later: str | None = None) -> list[str]:
    """Return the lines of a plain text, behind `indent`, or `later` from the second one on."""
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent if later is None else later
    )
    # At the beginning of a line, GitHub obeys `::command::`.
    return [re.sub(r"^(\s*)::", r"\1: :", line) for line in lines]


def plain(text: str) -> str:
    """Return `text` on one line, without anything that moves a cursor or turns the writing."""
    line = " ".join("".join(map(_plain, text)).split())
    # Anywhere in a line, Azure obeys `##vso[…]` and `##[…]`.
    return re.sub(r"##(?=vso\[|\[)", "# #", line)


def _plain(character: str) -> str:
    if character in "\n\t\r":
        return " "
    return character if character.isprintable() and not is_blank(character) else "�"


def number(value: float) -> str:
    """Return points without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
