"""The commands, nothing else."""

import contextlib
import functools
import json
import os
import re
import secrets
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import click

from grader.errors import GraderError, UsageError
from grader.report.visible import visible
from grader.suggestions import nearest

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from grader.assignment.loader import Assignment
    from grader.course.course import ClassInput
    from grader.judging.grading import Grader
    from grader.results.course import ClassResult, Row
    from grader.sandbox.contract import Level, Sandbox
    from grader.sandbox.launch import Zygotes
    from grader.signing import Signer

Command = TypeVar("Command", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path)
_NAME = "torch-homework-grader"
_NOT_ISOLATED = "grade: --no-sandbox: the submission runs with your own rights, on your own files."
_FORMATS = ("text", "json", "markdown", "github", "junit")
_LONGEST_SHEET = 64 << 20
_WIDTH = 78
"""Characters of a line of progress."""
_LINE_SECONDS = 5.0
"""Time between two lines of progress in a pipe."""


class _Default(click.Group):
    """A group whose first argument may be a folder: `grade submission/` means `grade run submission/`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # An option before the folder belongs to `run`, too.
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
    `grade class DIR` grades a class, as it was downloaded.

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
    """End with a sentence and an exit code if `command` cannot continue."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> NoReturn:
        signal.signal(signal.SIGTERM, _terminated)
        try:
            sys.exit(command(*args, **kwargs))
        except GraderError as error:
            click.echo(f"grade: {_on_one_line(error)}", err=True)
            sys.exit(2)
        except Exception as error:  # so that a bug of ours never looks like a lost mark
            where = traceback.extract_tb(error.__traceback__)[-1]
            click.echo(
                f"grade: a bug of ours, please report it: {type(error).__name__} "
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


def _common(command: Command) -> Command:
    """Add the options that one submission and a class have in common."""
    options = (
        click.option(
            "--assignment", type=_FOLDER, metavar="DIR", help="Another assignment than the bundled one."
        ),
        click.option(
            "--task",
            "names",
            multiple=True,
            metavar="NAME",
            help="Grade only this task; may be repeated.",
        ),
        click.option(
            "--seed",
            callback=_seed,
            metavar="N|random",
            help="The seed of the cases; the default is the assignment's public one.",
        ),
        click.option(
            "--no-sandbox",
            is_flag=True,
            help="Run submissions without isolation: for your own work only.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _out(default: str, help_text: str) -> Callable[[Command], Command]:
    return click.option(
        "--out", type=_FOLDER, default=Path(default), show_default=True, metavar="DIR", help=help_text
    )


@main.command()
@click.argument("submissions", metavar="SUBMISSION...", type=_FOLDER, nargs=-1, required=True)
@_out("report", "The folder for report.html and report.json.")
@_common
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    help="What is printed; the default is text. GITHUB adds annotations, and the job summary.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("-v", "--verbose", is_flag=True, help="List all checks in the summary.")
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit code 1 only below this share of the points; the default is 100.",
)
@click.option("--exit-zero", is_flag=True, help="Exit code 0 even if marks were lost.")
@_guarded
def run(
    submissions: tuple[Path, ...],
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    no_sandbox: bool,
    form: str,
    verbose: bool,
    fail_under: float | None,
    exit_zero: bool,
) -> int:
    """Grade the folder SUBMISSION.

    Several folders are graded as a class; `grade class` has more options.
    """
    _are_there(submissions)
    if len(submissions) > 1:
        settings = _ClassSettings(out, assignment, names, seed, no_sandbox, form == "json")

        def handed_in(modules: tuple[str, ...], workspace: Path) -> "ClassInput":
            from grader.course.course import ClassInput
            from grader.course.identity import of_folder

            return ClassInput(tuple(map(of_folder, submissions)))

        return _class(settings, handed_in)
    (submission,) = submissions
    with _grader(assignment, names, seed, no_sandbox) as grader:
        from grader.submission.loader import read_submission

        wanted = {task.name: task.wanted for task in grader.tasks}
        files = read_submission(
            submission, tuple(wanted), wanted, written=tuple(task.file for task in grader.written)
        )
        # Imported while the child processes run: needed only after the last one has ended.
        from grader.report import json as report_json
        from grader.report.since import last_report, since
        from grader.report.terminal import submission_summary
        from grader.report.write import write_reports
        from grader.results.report import mark

        report = grader.grade(files)
    changes = since(last_report(out), report)
    page = write_reports(report, out, changes)
    summary = f"{submission_summary.render(report, changes, verbose=verbose)}{page.resolve()}\n"
    if form == "text":
        _print(summary)
    elif form == "json":
        _print(_escaped(report_json.render(report)))
    elif form == "junit":
        from grader.report import junit

        _print(junit.render(report, os.path.relpath(page)))
    elif form == "markdown":
        from grader.report import markdown

        _print(markdown.render(report, changes))
    else:
        from grader.report import github, markdown

        _add_job_summary(markdown.render(report, changes))
        folder = os.path.relpath(submission, os.environ.get("GITHUB_WORKSPACE", os.curdir))
        _print(github.render(report, click.unstyle(summary), folder, secrets.token_hex(16)))
    if report.is_broken:
        return 2
    decided = report.points - report.waiting
    enough = decided if fail_under is None else decided * fail_under / 100
    return 0 if exit_zero or mark(report.score, report.lateness) >= enough else 1


def _add_job_summary(text: str) -> None:
    """Add a text to the summary of a GitHub job, with a warning if that is not possible."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        click.echo(f"grade: GITHUB_STEP_SUMMARY cannot be written to: {error.strerror}.", err=True)


@main.command("class")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@_out("report", "The folder for class.html and for one report per student.")
@_common
@click.option("--json", "as_json", is_flag=True, help="Print class.json instead of the summary.")
@click.option("--again", is_flag=True, help="Grade also what is already graded.")
@click.option("--cores", type=click.IntRange(1), metavar="N", help="How many to use; the default is all.")
@click.option("--roster", type=_FOLDER, metavar="FILE", help="CSV with the people of the class.")
@click.option("--anonymous", is_flag=True, help="Show aliases instead of names in the pages.")
@click.option(
    "--policy",
    type=_FOLDER,
    metavar="FILE",
    help="TOML with the deadline and what a late day costs.",
)
@_guarded
def class_(
    folder: Path,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    no_sandbox: bool,
    as_json: bool,
    again: bool,
    cores: int | None,
    roster: Path | None,
    anonymous: bool,
    policy: Path | None,
) -> int:
    """Grade a class: DIR is a folder or a zip file as a platform or a person gives it.

    It holds a folder or an archive per student, or the download of Canvas, Moodle,
    Gradescope, GitHub Classroom, nbgrader, Blackboard, Brightspace or Sakai. The same
    command again grades only what is missing or has changed.
    """

    def handed_in(modules: tuple[str, ...], workspace: Path) -> "ClassInput":
        from grader.course.course import read_class
        from grader.course.lateness import read_policy
        from grader.course.roster import read_roster

        return replace(
            read_class(folder, out, modules, workspace),
            roster=read_roster(roster) if roster else None,
            policy=read_policy(policy) if policy else None,
            anonymous=anonymous,
        )

    return _class(_ClassSettings(out, assignment, names, seed, no_sandbox, as_json, again, cores), handed_in)


def _are_there(submissions: tuple[Path, ...]) -> None:
    """Raise `UsageError` if a folder does not exist, before anything is graded."""
    absent = [path for path in submissions if not os.path.exists(path)]
    if not absent:
        return
    # A word that is no folder may be a misspelt command.
    meant = nearest(str(absent[0]), list(main.commands))
    if meant and absent[0] == submissions[0]:
        raise UsageError(f"{absent[0]} does not exist. Did you mean `grade {meant}`?")
    raise UsageError(f"{', '.join(map(str, absent))} {'does' if len(absent) == 1 else 'do'} not exist.")


@dataclass(frozen=True)
class _ClassSettings:
    """How a class is graded."""

    out: Path
    assignment: Path | None
    names: tuple[str, ...]
    seed: int | None
    no_sandbox: bool
    as_json: bool
    again: bool = False
    cores: int | None = None


def _class(settings: _ClassSettings, handed_in: "Callable[[tuple[str, ...], Path], ClassInput]") -> int:
    # As for one submission, the sandbox first.
    with (
        _zygotes(settings.no_sandbox) as (level, zygotes),
        tempfile.TemporaryDirectory(prefix="grade-class-", ignore_cleanup_errors=True) as workspace,
    ):
        from grader.assignment.loader import bundled, read_assignment
        from grader.course.course import class_json, grade_class
        from grader.course.grading import ClassGrading
        from grader.report.terminal import class_summary
        from grader.sandbox.machine import processors

        found = read_assignment(settings.assignment or bundled())
        tasks, written = found.only(settings.names), found.only_written(settings.names)
        handed = handed_in(tuple(task.name for task in tasks), Path(workspace))
        with _ClassProgress() as progress:
            course = ClassGrading(
                assignment=found,
                tasks=tasks,
                written=written,
                seed=found.seed if settings.seed is None else settings.seed,
                level=level,
                zygotes=zygotes,
                cache=_answer_cache_folder(),
                signer=_signer(),
                out=settings.out,
                cores=settings.cores or processors(),
                again=settings.again,
                on_graded=progress.on_graded,
                step=progress.step,
                say=progress.say,
            )
            try:
                result = grade_class(course, handed)
            except (KeyboardInterrupt, _Terminated) as stop:
                click.echo("\ngrade: stopped; the same command continues with what is missing.", err=True)
                return 130 if isinstance(stop, KeyboardInterrupt) else 143
    if settings.as_json:
        _print(_escaped(class_json(result)))
    else:
        _print(class_summary.render(result))
        _print(f"{(settings.out / 'class.html').resolve()}\n")
    if any(row.is_broken for row in result.students):
        return 2
    lost = result.missing or any(
        row.problem is not None or row.score < row.points - row.waiting for row in result.students
    )
    return 1 if lost else 0


def _answer_cache_folder() -> Path:
    """Return the folder of the answer cache, with a warning if it cannot be used."""
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
    """Return the signer of reports, with a warning if its key cannot be kept for the next run."""
    from platformdirs import user_data_path

    from grader import signing

    folder = user_data_path(_NAME)
    try:
        return signing.kept_in(folder)
    except OSError as error:
        click.echo(
            f"grade: the key that signs reports cannot be kept in {_on_one_line(folder)} ({error.strerror}): "
            "the next run cannot verify them, and grades everything again.",
            err=True,
        )
        return signing.new()


@contextlib.contextmanager
def _zygotes(no_sandbox: bool) -> "Iterator[tuple[Level, Zygotes | None]]":
    """Yield the level of isolation and the zygotes of the workers' sandboxes, and end these afterwards."""
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
@_out("report", "The folder for check.html.")
@click.option(
    "--task",
    "names",
    multiple=True,
    metavar="NAME",
    help="Check only this task; may be repeated.",
)
@click.option("--quick", is_flag=True, help="Only the solution and the known mistakes, in seconds.")
@_guarded
def check(assignment: Path, out: Path, names: tuple[str, ...], quick: bool) -> int:
    """Test the checks of the folder ASSIGNMENT.

    The solution must pass, with the same answers twice, and with another seed. Each known mistake must
    be caught and named. Each small slip in the solution must be caught. Exit code 1 if not. Ctrl-C ends
    it with what is known so far.
    """
    begun = time.monotonic()
    with _grader(assignment, names, None, no_sandbox=False) as grader:
        from grader.audit.audit import Audit
        from grader.report.html import audit_page
        from grader.report.terminal import audit_summary
        from grader.report.write import write_text
        from grader.results.audit import AssignmentAudit

        audit, stop, tasks = Audit(grader, grader.progress, quick), 0, []
        try:
            for task in grader.tasks:
                tasks.append(audit.check(task))
        except (KeyboardInterrupt, _Terminated) as stopped:
            stop = 130 if isinstance(stopped, KeyboardInterrupt) else 143
            tasks += [found for found in (audit.so_far(),) if found is not None]
        checked = AssignmentAudit(
            title=grader.assignment.title,
            tasks=tuple(tasks),
            seconds=round(time.monotonic() - begun, 1),
        )
    page = write_text(out, "check.html", audit_page.render(checked))
    _print(audit_summary.render(checked))
    _print(f"{page.resolve()}\n")
    if stop:
        click.echo("grade: stopped; this is what is known so far.", err=True)
    return stop or (0 if checked.passed else 1)


@main.command()
@click.argument("old", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@_out("compare", "The folder for compare.html and compare.csv.")
@_guarded
def compare(old: Path, new: Path, out: Path) -> int:
    """Show whose mark changes between two gradings of a class.

    OLD and NEW are folders that `--out` named. Exit code 1 if a mark changes.
    """
    from grader.course import regrade

    return _show_changes(regrade.read_class(old), regrade.read_class(new), out)


def _show_changes(before: "ClassResult", after: "ClassResult", out: Path) -> int:
    """Write and print what changes between two gradings of a class; return 1 if a mark does."""
    from grader.course import regrade
    from grader.report.csv import regrade_table
    from grader.report.html import regrade_page
    from grader.report.terminal import regrade_summary
    from grader.report.write import write_lines, write_text

    compared = regrade.compare_classes(before, after)
    write_lines(out, "compare.csv", regrade_table.lines(compared))
    page = write_text(out, "compare.html", regrade_page.render(compared))
    _print(regrade_summary.render(compared))
    _print(f"{page.resolve()}\n")
    return 1 if compared.marks_change else 0


@main.command()
@click.argument("graded", type=_FOLDER)
@click.option(
    "--assignment", type=_FOLDER, metavar="DIR", help="With other prices or points; default: the bundled one."
)
@_out("remarked", "The folder for the class with its new marks, and for compare.html.")
@_guarded
def remark(graded: Path, assignment: Path | None, out: Path) -> int:
    """Mark a class again with other prices and points; nothing is run.

    GRADED is a folder that `grade class --out` named. It stays as it is: what
    changes is shown, and the new marks are in another folder. Exit code 1 if a
    mark changes.
    """
    from grader.assignment.loader import bundled, read_assignment
    from grader.course import regrade
    from grader.course.remark import Remarking

    before = regrade.read_class(graded)
    found = read_assignment(assignment or bundled())
    after = Remarking(before, graded, found, _signer(), out).remark()
    return _show_changes(before, after, out)


@main.command()
@click.argument("graded", type=_FOLDER)
@click.option(
    "--to",
    "platform",
    type=click.Choice(("canvas", "moodle")),
    required=True,
    help="The platform that exported SHEET.",
)
@click.argument("sheet", type=_FOLDER)
@click.option("--column", default="", metavar="TITLE", help="The column of this assignment.")
@click.option("--out", type=_FOLDER, metavar="FILE", help="Where to write the sheet; without it, nothing is.")
@_guarded
def export(graded: Path, platform: str, sheet: Path, column: str, out: Path | None) -> int:
    """Fill the marks of a class into the SHEET that a platform exported.

    GRADED is the folder that `--out` of `grade class` named. Each other byte of the sheet stays as it is.
    Without --out it only shows what would change. Exit code 1 if somebody could not be matched.
    """
    from grader import untrusted_files
    from grader.course import regrade
    from grader.report import gradebook
    from grader.report.terminal import gradebook_summary
    from grader.report.write import write_bytes

    try:
        data = untrusted_files.read(sheet.parent, sheet.name, _LONGEST_SHEET)
    except OSError as error:
        raise UsageError(f"{sheet} cannot be read: {error.strerror}.") from None
    found = gradebook.filled(regrade.read_class(graded), data, platform, column)
    _print(gradebook_summary.render(found))
    if out is not None:
        write_bytes(out, found.data)
        _print(f"{out.resolve()}\n")
    return 1 if found.unmatched else 0


@main.command()
@click.argument("folder", type=_FOLDER)
@_guarded
def new(folder: Path) -> int:
    """Write a small complete assignment into FOLDER as a start."""
    from grader.assignment.starter import write_assignment

    write_assignment(folder)
    _print(f"{folder.resolve()}\nNext: grade check {folder}\n")
    return 0


@main.command()
@_guarded
def doctor() -> int:
    """Show how well this machine isolates a submission."""
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
    """Yield a grader with a running sandbox, and end the sandbox afterwards."""
    # The sandbox first: it imports torch while this process imports the rest.
    with contextlib.closing(_sandbox(no_sandbox)) as sandbox, _Progress() as progress:
        from grader.asking.answer_cache import AnswerCache
        from grader.asking.memory_cache import MemoryCache
        from grader.assignment.loader import bundled, read_assignment
        from grader.judging.grading import Grader
        from grader.sandbox.machine import children, processors

        found: Assignment = read_assignment(assignment or bundled(), names)
        yield Grader(
            assignment=found,
            tasks=found.only(names),
            written=found.only_written(names),
            seed=found.seed if seed is None else seed,
            sandbox=sandbox,
            cache=MemoryCache(AnswerCache(_answer_cache_folder())),
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
        self._bar: ProgressBar[str] | None = None
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=1, bar_template="%(info)s", item_show_func=lambda item: item, file=sys.stderr
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, task: str, step: str) -> None:
        if self._bar is not None:
            self._bar.current_item = f"{task}: {step} …"[:_WIDTH]
            self._bar.render_progress()


class _ClassProgress:
    """How far a class is: a bar on a terminal, and a line every few seconds in a pipe."""

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None
        self._on = sys.stderr.isatty()
        self._said = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def step(self, text: str) -> None:
        if self._on and self._bar is None:
            click.echo(f"\r\033[K{text[:_WIDTH]} …", nl=False, err=True)

    def say(self, text: str) -> None:
        if self._on:
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(f"grade: {_on_one_line(text)}", err=True)

    def on_graded(self, done: int, of: int, row: "Row") -> None:
        from grader.report.terminal.class_summary import line

        if self._on:
            bar = self._bar
            if bar is None:
                click.echo("\r\033[K", nl=False, err=True)
                bar = click.progressbar(length=of, label="grading", show_pos=True, file=sys.stderr, width=30)
                self._bar = bar
            bar.update(done - bar.pos)
        elif done == of or time.monotonic() - self._said > _LINE_SECONDS:
            self._said = time.monotonic()
            click.echo(line(done, of, row), err=True)


def _on_one_line(said: object) -> str:
    return " ".join(visible(str(said)).split())


def _escaped(data: str) -> str:
    """Return JSON that moves no cursor: characters that are not printable are written as `\\uXXXX`."""
    data = re.sub(r"##(?=vso\[|\[)", r"\\u0023#", data)  # anywhere in a line, Azure obeys these
    if data.isascii():  # JSON escapes what is below 0x20 itself
        return data.replace("\x7f", "\\u007f")
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in data)


def _print(text: str) -> None:
    """Print, with colours only on a terminal and if NO_COLOR is not set."""
    colour = False if os.environ.get("NO_COLOR") else None
    try:
        click.echo(text, nl=False, color=colour)
    except OSError as error:
        # Discard what is left in the buffer, or it would fail again at exit with another exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # as with `| head`: the reader has seen enough
            raise UsageError(f"Standard output cannot be written to: {error.strerror}.") from None
