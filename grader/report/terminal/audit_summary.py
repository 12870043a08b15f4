"""Writes what `grade check` found, for a terminal of 80 columns."""

from collections.abc import Iterator

import click

from grader.report.messages import text
from grader.report.numbers import points
from grader.report.terminal.submission_summary import plain, wrapped
from grader.results.audit import AssignmentAudit, Survivor, TaskAudit


def render(checked: AssignmentAudit) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted."""
    return "\n".join(_lines(checked)) + "\n"


def _lines(checked: AssignmentAudit) -> Iterator[str]:
    for task in checked.tasks:
        yield from _task(task)
        yield ""
    yield f"{'task':<20}{'mistakes':>9}{'caught':>8}{'named':>7}{'mutants':>9}{'killed':>8}{'equiv.':>8}"
    for task in checked.tasks:
        yield (
            f"{task.task[:20]:<20}{len(task.mistakes):>9}"
            f"{sum(m.caught for m in task.mistakes):>8}{sum(m.named for m in task.mistakes):>7}"
            f"{task.mutants:>9}{task.killed:>8}{len(task.equivalent):>8}"
        )
    yield ""
    colour = "green" if checked.passed else "red"
    yield click.style(_score(checked), fg=colour, bold=True)


def _score(checked: AssignmentAudit) -> str:
    if checked.extent == "quick":
        return "no mutation score: --quick tries no mutants"
    if not any(task.mutants for task in checked.tasks):
        return "no mutation score: nothing was tried"
    so_far = ", so far: the check was stopped" if checked.extent == "stopped" else ""
    return f"mutation score {checked.score:.1f} %{so_far}"


def _task(task: TaskAudit) -> Iterator[str]:
    mark = click.style("✓", fg="green") if task.passed else click.style("✗", fg="red")
    if task.extent == "stopped":
        mark = click.style("…", fg="yellow")
    yield f"{mark} {click.style(task.task, bold=True)}"
    for problem in task.problems:
        yield from _wrapped(plain(text(problem)))
    for mistake in task.mistakes:
        if not mistake.caught:
            yield from _wrapped(f"mistake `{mistake.name}` passes every check")
        elif not mistake.named:
            names = ", ".join(mistake.named_as) or "nothing"
            yield from _wrapped(f"mistake `{mistake.name}` is caught but named as: {names}")
    for survivor in task.survivors:
        yield "    a slip that no check catches:"
        yield from _diff(task.task, survivor)
    for line in task.unused:
        yield from _wrapped(f"equivalent.toml: no surviving mutant changes `{plain(line)}`")
    if task.extent != "all":
        return
    idle = [check.check for check in task.checks if check.points and not check.kills]
    if idle:
        yield from _wrapped(f"points for checks that no mistake fails: {', '.join(idle)}")
    shared = [check.check for check in task.checks if check.points and check.kills and not check.alone]
    if shared:
        yield from _wrapped(f"checks that catch nothing that others do not catch: {', '.join(shared)}")
    guessed = [guess for guess in task.guesses if guess.score]
    for guess in guessed:
        yield from _wrapped(
            f"a program that does nothing but {text(guess.program)} gets {points(guess.score)} "
            f"of {points(task.points)} points"
        )


def _diff(task: str, survivor: Survivor) -> Iterator[str]:
    yield f"      {task}/solution.py:{survivor.line}"
    yield click.style(f"      - {survivor.old}", fg="red")
    yield click.style(f"      + {survivor.new}", fg="green")


def _wrapped(words: str) -> list[str]:
    return wrapped(words, "    ", "      ")
