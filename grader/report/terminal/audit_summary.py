"""Writes what `grade check` found, for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator

import click

from grader.report.messages import text
from grader.report.numbers import points
from grader.report.terminal.submission_summary import WIDTH, plain, wrapped
from grader.results.audit import AssignmentAudit, Survivor, TaskAudit


def render(checked: AssignmentAudit) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted."""
    return "\n".join(_lines(checked)) + "\n"


def _lines(checked: AssignmentAudit) -> Iterator[str]:
    for task in checked.tasks:
        yield from _task(task)
        yield ""
    for task in checked.tasks:
        yield from _marks(task)
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
    for name, others in task.relatives.items():
        if others:
            yield from _wrapped(f"forbidden with `{name}`: {', '.join(others)}")
    for mistake in task.mistakes:
        if not mistake.caught:
            yield from _wrapped(f"mistake `{mistake.name}` passes every check")
        elif not mistake.is_found:
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
    for guess in task.guesses:
        program = f"a program that does nothing but {text(guess.program)}"
        if guess.gained:
            gain, names = points(guess.gained), " and ".join(map(plain, guess.given))
            yield from _wrapped(
                f"{program} gains {gain} points because the rest is judged given “{names}”: raise the price "
                "of that mistake, or ask what tells the two apart"
            )
        elif guess.score:
            yield from _wrapped(f"{program} gets {points(guess.score)} of {points(task.points)} points")
    if task.unpriced:
        names = ", ".join(map(plain, task.unpriced))
        yield from _wrapped(
            "these mistakes lose more than half of the task by themselves; decide what each costs, and write "
            f"`costs:` into its file: {names}"
        )


def _marks(task: TaskAudit) -> Iterator[str]:
    """Yield a table for the author to agree to."""
    if not task.marks:
        return
    head = f"{task.task[:20]}: what one mistake gets of {points(task.points)}"
    yield f"{head} (without follow-through), and its price"
    for line in task.marks:
        most = points(line.most)
        got = most if line.least == line.most else f"{points(line.least)}–{most}"
        price = f"{'−' if line.price else ''}{points(line.price)}{'' if line.has_price else '*'}"
        first, *more = textwrap.wrap(plain(line.title), WIDTH - 31) or [""]
        yield f"  {got:>11} {f'({points(line.plain)})':>8} {price:>7}  {first}"
        for rest in more:
            yield f"{'':31}{rest}"
    if any(not line.has_price for line in task.marks):
        yield "  * not written down: it is the price of a slip"
    yield ""


def _diff(task: str, survivor: Survivor) -> Iterator[str]:
    yield f"      {task}/solution.py:{survivor.line}"
    yield click.style(f"      - {survivor.old}", fg="red")
    yield click.style(f"      + {survivor.new}", fg="green")


def _wrapped(words: str) -> list[str]:
    return wrapped(words, "    ", "      ")
