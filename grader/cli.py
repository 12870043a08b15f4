"""The commands, nothing else."""

import contextlib
import difflib
import functools
import json
import os
import re
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import click

from grader.errors import GraderError, UsageError
from grader.report.visible import visible

if TYPE_CHECKING:
    from grader.assignment.loader import Assignment
    from grader.judging.grading import Grader
    from grader.results.course import Row
    from grader.sandbox.contract import Level, Sandbox
    from grader.sandbox.launch import Zygotes
    from grader.signing import Signer

Command = TypeVar("Command", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path)
_NAME = "torch-homework-grader"
_NOT_ISOLATED = "grade: --no-sandbox: the submission runs with your own rights, on your own files."


class _Default(click.Group):
    """A group whose first argument may be a folder: `grade submission/` means `grade run …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option before the folder belongs to the main job, too.
        if args and args[0] not in {*self.commands, *ctx.help_option_names, "--version"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_Default,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.version_option(package_name="torch-homework-grader", prog_name="grade")
def main() -> None:
    """Grade PyTorch homework.

    `grade SUBMISSION` grades a folder; it is short for `grade run SUBMISSION`.
    Several folders, or `--class DIR` with a folder a student, are a class.

    Exit code 0: everything passed. 1: a mark was lost. 2: bad usage, or the
    grader's own fault.
    """


def _seed(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if value == "random":
        return secrets.randbits(62)
    if value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63:
        return int(value)
    raise click.BadParameter("give a whole number from 0 to 2^63 - 1, or `random`.")


def _guarded(command: Command) -> Command:
    """End with a sentence and an exit code where `command` cannot go on."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> NoReturn:
        signal.signal(signal.SIGTERM, _terminated)
        try:
            sys.exit(command(*args, **kwargs))
        except GraderError as error:
            click.echo(f"grade: {_on_one_line(error)}", err=True)
            sys.exit(2)
        except Exception as error:  # so that a fault of ours is never taken for a lost mark
            where = traceback.extract_tb(error.__traceback__)[-1]
            click.echo(
                f"grade: a fault of ours, please report it: {type(error).__name__} "
                f"in {where.filename}, line {where.lineno}: {_on_one_line(error)}",
                err=True,
            )
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("grade: stopped; nothing was written.", err=True)
            sys.exit(130)
        except _Terminated:
            click.echo("grade: terminated; nothing was written.", err=True)
            sys.exit(143)

    return guarded  # type: ignore[return-value]


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminated(number: int, frame: object) -> NoReturn:
    raise _Terminated


@main.command()
@click.argument("submissions", type=_FOLDER, nargs=-1)
@click.option(
    "--class",
    "whole",
    type=_FOLDER,
    metavar="DIR",
    help="Grade a class: a folder with one a student.",
)
@click.option(
    "--out",
    type=_FOLDER,
    default=Path("report"),
    show_default=True,
    metavar="DIR",
    help="Where report.html and report.json go; of a class, a folder a student.",
)
@click.option(
    "--assignment",
    type=_FOLDER,
    metavar="DIR",
    help="Another assignment than the bundled one.",
)
@click.option(
    "--task",
    "names",
    multiple=True,
    metavar="NAME",
    help="Grade this task only; may be repeated.",
)
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
@click.option("--again", is_flag=True, help="Of a class: grade also what is graded already.")
@click.option("--cores", type=click.IntRange(1), metavar="N", help="Of a class: how many; all without it.")
@click.option(
    "--roster",
    type=_FOLDER,
    metavar="FILE",
    help="Of a class: CSV with id, name, email, folder.",
)
@click.option("--anonymous", is_flag=True, help="Of a class: aliases for names in the pages.")
@click.option(
    "--policy",
    type=_FOLDER,
    metavar="FILE",
    help="Of a class: TOML with the deadline and what a late day costs.",
)
@_guarded
def run(
    submissions: tuple[Path, ...],
    whole: Path | None,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    no_sandbox: bool,
    **of_class: Any,
) -> int:
    """Grade the folder SUBMISSIONS, or several of them as a class."""
    _are_there(submissions)
    if whole is not None or len(submissions) > 1:
        return _class(submissions, whole, out, assignment, names, seed, as_json, no_sandbox, **of_class)
    if not submissions:
        raise UsageError("Give a folder to grade, or --class DIR.")
    if any(of_class.values()):
        raise UsageError("--again, --cores, --roster, --anonymous and --policy are for a class.")
    (submission,) = submissions
    with _grader(assignment, names, seed, no_sandbox) as grader:
        from grader.submission.loader import read_submission

        wanted = {task.name: task.wanted for task in grader.tasks}
        handed_in = read_submission(submission, tuple(wanted), wanted)
        # What is written after the last child has ended is imported while they run.
        from grader.report import json as report_json
        from grader.report.terminal import submission_summary
        from grader.report.write import write_reports

        report = grader.grade(handed_in)
    page = write_reports(report, out)
    _print(_escaped(report_json.render(report)) if as_json else submission_summary.render(report))
    if not as_json:
        _print(f"{page.resolve()}\n")
    if not report.final:
        return 2
    return 0 if report.score >= report.points else 1


def _are_there(submissions: tuple[Path, ...]) -> None:
    """Raise `UsageError` where what was named does not exist: before anything is graded."""
    absent = [path for path in submissions if not os.path.exists(path)]
    if not absent:
        return
    # What no folder is called may have been meant as a command.
    meant = difflib.get_close_matches(str(absent[0]), main.commands, n=1, cutoff=0.7)
    if meant and absent[0] == submissions[0]:
        raise UsageError(f"{absent[0]} does not exist. Did you mean `grade {meant[0]}`?")
    raise UsageError(f"{', '.join(map(str, absent))} {'does' if len(absent) == 1 else 'do'} not exist.")


def _class(
    submissions: tuple[Path, ...],
    whole: Path | None,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    no_sandbox: bool,
    again: bool,
    cores: int | None,
    roster: Path | None,
    anonymous: bool,
    policy: Path | None,
) -> int:
    if whole is not None and submissions:
        raise UsageError("Give either folders or --class DIR.")
    # As for one submission, the sandbox first.
    with _zygotes(no_sandbox) as (level, zygotes):
        from grader.assignment.loader import bundled, read_assignment
        from grader.course.course import ClassInput, class_json, grade_class, read_class_folder
        from grader.course.grading import ClassGrading
        from grader.course.lateness import read_policy
        from grader.course.roster import read_roster
        from grader.report.terminal import class_summary
        from grader.sandbox.machine import processors

        handed = read_class_folder(whole, out) if whole is not None else ClassInput(submissions)
        handed = replace(
            handed,
            roster=read_roster(roster) if roster else None,
            policy=read_policy(policy) if policy else None,
            anonymous=anonymous,
        )
        found = read_assignment(assignment or bundled())
        with _ClassProgress() as progress:
            course = ClassGrading(
                assignment=found,
                tasks=found.only(names),
                seed=found.seed if seed is None else seed,
                level=level,
                zygotes=zygotes,
                key=_answers(),
                signer=_signer(),
                out=out,
                cores=cores or processors(),
                again=again,
                heard=progress.heard,
                step=progress.step,
                say=progress.say,
            )
            try:
                result = grade_class(course, handed)
            except (KeyboardInterrupt, _Terminated) as stop:
                click.echo("\ngrade: stopped; the same command goes on with what is missing.", err=True)
                return 130 if isinstance(stop, KeyboardInterrupt) else 143
    if as_json:
        _print(_escaped(class_json(result)))
    else:
        _print(class_summary.render(result))
        _print(f"{(out / 'class.html').resolve()}\n")
    if not all(row.final for row in result.students):
        return 2
    lost = result.missing or any(row.problem or row.score < row.points for row in result.students)
    return 1 if lost else 0


def _answers() -> Path:
    """Return the folder of the answer key; say so if it cannot be used."""
    from platformdirs import user_cache_path

    from grader.untrusted_files import keep_private

    folder = user_cache_path(_NAME) / "answers"
    try:
        keep_private(folder)
    except OSError as error:
        click.echo(
            f"grade: the cache {_on_one_line(folder)} is not used ({error.strerror}): "
            "the solution and the known mistakes are asked again each time.",
            err=True,
        )
    return folder


def _signer() -> "Signer":
    """Return what signs reports; say so if its key cannot be kept for the next run."""
    from platformdirs import user_data_path

    from grader import signing

    folder = user_data_path(_NAME)
    try:
        return signing.kept_in(folder)
    except OSError as error:
        click.echo(
            f"grade: the key that signs reports cannot be kept in {_on_one_line(folder)} ({error.strerror}): "
            "the next run will believe none of them, and grade everything again.",
            err=True,
        )
        return signing.new()


@contextlib.contextmanager
def _zygotes(no_sandbox: bool) -> "Iterator[tuple[Level, Zygotes | None]]":
    """Give the level of isolation and what the desks' sandboxes come from, and end that afterwards."""
    from grader.sandbox.contract import Level

    if no_sandbox:
        click.echo(_NOT_ISOLATED, err=True)
        yield Level.NONE, None
        return
    from grader.sandbox.launch import Zygotes
    from grader.sandbox.probe import best_level

    level = best_level()
    with contextlib.closing(Zygotes(level)) as zygotes:
        yield level, zygotes


@main.command()
@click.argument("assignment", type=_FOLDER)
@click.option(
    "--out",
    type=_FOLDER,
    default=Path("report"),
    show_default=True,
    metavar="DIR",
    help="Where check.html goes.",
)
@click.option(
    "--task",
    "names",
    multiple=True,
    metavar="NAME",
    help="Check this task only; may be repeated.",
)
@_guarded
def check(assignment: Path, out: Path, names: tuple[str, ...]) -> int:
    """Test the checks of the folder ASSIGNMENT.

    The solution must pass, twice alike and under another seed; every known mistake must be caught
    and named; every small slip in the solution must be noticed. Exit code 1 where that isn't so.
    """
    begun = time.monotonic()
    with _grader(assignment, names, None, no_sandbox=False) as grader:
        from grader.audit.audit import Audit
        from grader.report.html import audit_page
        from grader.report.terminal import audit_summary
        from grader.report.write import write_text
        from grader.results.audit import AssignmentAudit

        tasks = tuple(Audit(grader, grader.progress).check(task) for task in grader.tasks)
        checked = AssignmentAudit(
            title=grader.assignment.title,
            tasks=tasks,
            seconds=round(time.monotonic() - begun, 1),
        )
    page = write_text(out, "check.html", audit_page.render(checked))
    _print(audit_summary.render(checked))
    _print(f"{page.resolve()}\n")
    return 0 if checked.passed else 1


@main.command()
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option(
    "--out",
    type=_FOLDER,
    default=Path("compare"),
    show_default=True,
    metavar="DIR",
    help="Where compare.html and compare.csv go.",
)
@_guarded
def compare(old: Path, new: Path, out: Path) -> int:
    """Say whose mark changes between two gradings of a class.

    OLD and NEW are what `--out` named. Exit code 1 where a mark changes.
    """
    from grader.course import regrade
    from grader.report.csv import regrade_table
    from grader.report.html import regrade_page
    from grader.report.terminal import regrade_summary
    from grader.report.write import write_lines, write_text

    compared = regrade.compare_classes(regrade.read_class(old), regrade.read_class(new))
    write_lines(out, "compare.csv", regrade_table.lines(compared))
    page = write_text(out, "compare.html", regrade_page.render(compared))
    _print(regrade_summary.render(compared))
    _print(f"{page.resolve()}\n")
    return 1 if compared.marks_change else 0


@main.command()
@click.argument("folder", type=_FOLDER)
@_guarded
def new(folder: Path) -> int:
    """Write a small complete assignment into FOLDER, to start from."""
    from grader.assignment.starter import write_assignment

    write_assignment(folder)
    _print(f"{folder.resolve()}\nNext: grade check {folder}\n")
    return 0


@main.command()
@_guarded
def doctor() -> int:
    """Say how well this machine isolates a submission."""
    from grader.sandbox.contract import Level
    from grader.sandbox.probe import layers, level

    found = layers()
    for layer in found:
        mark = click.style("✓", fg="green") if layer.works else click.style("✗", fg="red")
        _print(f"{mark} {layer.name}: {layer.reason}\n")
    best = level(found)
    if best is Level.NONE:
        _print("level: refused; submissions run with --no-sandbox only\n")
        return 2
    _print(f"level: {best.value}\n")
    return 0


@contextlib.contextmanager
def _grader(
    assignment: Path | None, names: tuple[str, ...], seed: int | None, no_sandbox: bool
) -> Iterator["Grader"]:
    """Give a grader with a running sandbox, and end the sandbox afterwards."""
    # The sandbox first: torch is imported in there while this process imports the rest.
    with contextlib.closing(_sandbox(no_sandbox)) as sandbox, _Progress() as progress:
        from grader.asking.answer_cache import AnswerCache
        from grader.asking.memory_cache import MemoryCache
        from grader.assignment.loader import bundled, read_assignment
        from grader.judging.grading import Grader
        from grader.sandbox.machine import children, processors

        found: Assignment = read_assignment(assignment or bundled())
        yield Grader(
            assignment=found,
            tasks=found.only(names),
            seed=found.seed if seed is None else seed,
            sandbox=sandbox,
            key=MemoryCache(AnswerCache(_answers())),
            workers=min(processors(), children(found.limits)),
            progress=progress.show,
        )


def _sandbox(no_sandbox: bool) -> "Sandbox":
    if no_sandbox:
        from grader.sandbox.process import ProcessSandbox

        click.echo(_NOT_ISOLATED, err=True)
        return ProcessSandbox()
    from grader.sandbox.probe import open_sandbox
    from grader.sandbox.restarting import RestartingSandbox

    return RestartingSandbox(open_sandbox)


class _Progress:
    """One line on a terminal that says what is being done; nothing in a pipe."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._on:
            click.echo("\r\033[K", nl=False, err=True)

    def show(self, task: str, step: str) -> None:
        self._show(f"{task}: {step} …")

    def _show(self, text: str) -> None:
        if self._on:
            click.echo(f"\r\033[K{text[:78]}", nl=False, err=True)


class _ClassProgress(_Progress):
    """How far a class is, with an estimate, on a terminal; a line a submission in a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[float, int] | None = None

    def step(self, text: str) -> None:
        self._show(f"{text} …")

    def say(self, text: str) -> None:
        self._show("")
        click.echo(f"grade: {_on_one_line(text)}", err=True)

    def heard(self, done: int, of: int, row: "Row") -> None:
        from grader.report.terminal.class_summary import line, remaining

        now = time.monotonic()
        self._first = self._first or (now, done)
        if self._on:
            self._show(
                f"{done} of {of} graded{remaining(now - self._first[0], done - self._first[1], of - done)}"
            )
        else:
            click.echo(line(done, of, row), err=True)


def _on_one_line(said: object) -> str:
    return " ".join(visible(str(said)).split())


def _escaped(data: str) -> str:
    """Return JSON that moves no cursor: what is not printable stands in its strings as `\\uXXXX`."""
    data = re.sub(r"##(?=vso\[|\[)", r"\\u0023#", data)  # anywhere in a line, Azure obeys these
    if data.isascii():  # JSON escapes what is below 0x20 itself
        return data.replace("\x7f", "\\u007f")
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in data)


def _print(text: str) -> None:
    """Print with colours where people see them: on a terminal, unless NO_COLOR is set."""
    colour = False if os.environ.get("NO_COLOR") else None
    try:
        click.echo(text, nl=False, color=colour)
    except OSError as error:
        # What is left in the buffer goes nowhere: it would fail again at the end, with a code of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # as of `| head`: whoever read has seen enough
            raise UsageError(f"Standard output cannot be written to: {error.strerror}.") from None
