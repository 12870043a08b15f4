"""The commands, nothing else."""

import os
import sys
from pathlib import Path

import click

from grader.errors import GraderError


class _Default(click.Group):
    """A group whose first argument may be a folder: `grade submission/` means `grade run …`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["run", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option before the folder belongs to the main job, too.
        own = {"--help", "--version"}
        if args and args[0].startswith("-") and args[0] not in own:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Default,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(package_name="torch-homework-grader")
def main() -> None:
    """Grade PyTorch homework.

    \b
    grade SUBMISSION     grades a folder; `grade run --help` shows the options
    grade doctor         says how well this machine isolates a submission
    """


def _seed(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    from grader.grading import random_seed

    if value is None:
        return None
    if value == "random":
        return random_seed()
    if value.isascii() and value.isdigit() and int(value) < 2**63:
        return int(value)
    raise click.BadParameter("give a whole number from 0 to 2^63 - 1, or `random`.")


@main.command()
@click.argument("submission", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    metavar="DIR",
    help="Where report.html and report.json go.",
)
@click.option(
    "--assignment",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Another assignment than the bundled one.",
)
@click.option("--task", "names", multiple=True, metavar="NAME", help="Grade this task only; may be repeated.")
@click.option(
    "--seed",
    callback=_seed,
    metavar="N|random",
    help="The seed of the cases; without it the assignment's public one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of the summary.")
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="Run the submission without isolation: for your own work only.",
)
def run(
    submission: Path,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    no_sandbox: bool,
) -> None:
    """Grade the folder SUBMISSION.

    Exit code 0: everything passed. 1: a mark was lost. 2: bad usage, or the grader's own fault.
    """
    try:
        sys.exit(_run(submission, out, assignment, names, seed, as_json, no_sandbox))
    except GraderError as error:
        click.echo(f"grade: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("grade: stopped; no report was written.", err=True)
        sys.exit(130)


def _run(
    submission: Path,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    no_sandbox: bool,
) -> int:
    from contextlib import closing

    # The sandbox first: torch is imported in there while this process imports the rest.
    sandbox = _sandbox(no_sandbox)
    with closing(sandbox):
        from platformdirs import user_cache_path

        from grader.assignment import bundled, read_assignment
        from grader.grading import Grader
        from grader.key import Key
        from grader.report import json, terminal
        from grader.report.write import write_reports
        from grader.submission import read_submission

        found = read_assignment(assignment or bundled())
        tasks = found.only(names)
        handed_in = read_submission(submission, tuple(task.name for task in tasks))
        with _Progress() as progress:
            grader = Grader(
                assignment=found,
                tasks=tasks,
                seed=found.seed if seed is None else seed,
                sandbox=sandbox,
                key=Key(user_cache_path("torch-homework-grader") / "answers"),
                workers=os.cpu_count() or 1,
                progress=progress.show,
            )
            report = grader.grade(handed_in)
    page = write_reports(report, out)
    colour = None if os.environ.get("NO_COLOR") is None else False
    text = json.render(report) if as_json else terminal.render(report)
    click.echo(text, nl=False, color=colour)
    if not as_json:
        click.echo(page.resolve())
    if not report.final:
        return 2
    return 0 if report.score >= report.points else 1


def _sandbox(no_sandbox: bool):  # type: ignore[no-untyped-def]
    if no_sandbox:
        from grader.sandbox.process import ProcessSandbox

        click.echo(
            "grade: --no-sandbox: the submission runs with your own rights, on your own files.",
            err=True,
        )
        return ProcessSandbox()
    from grader.sandbox.probe import open_sandbox

    return open_sandbox()


class _Progress:
    """One line on a terminal that says what is being done; nothing in a pipe."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._doing: dict[str, str] = {}

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._on:
            click.echo("\r\033[K", nl=False, err=True)

    def show(self, task: str, step: str) -> None:
        if self._on:
            click.echo(f"\r\033[K{f'{task}: {step} …'[:78]}", nl=False, err=True)


@main.command()
def doctor() -> None:
    """Say how well this machine isolates a submission, layer by layer."""
    from grader.sandbox.contract import Level
    from grader.sandbox.probe import layers, level

    found = layers()
    for layer in found:
        mark = click.style("✓", fg="green") if layer.works else click.style("✗", fg="red")
        click.echo(f"{mark} {layer.name}: {layer.reason}")
    best = level(found)
    if best is Level.NONE:
        click.echo("level: refused; submissions run with --no-sandbox only")
        sys.exit(2)
    click.echo(f"level: {best.value}")
