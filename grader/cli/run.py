"""`grade run`: one submission."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.class_ import ClassSettings, grade_class_of
from grader.cli.command import FOLDER, common_options, guarded, out_option
from grader.cli.console import echo, escaped
from grader.cli.setting_up import open_grader
from grader.errors import SubmissionError, UsageError
from grader.suggestions import nearest

if TYPE_CHECKING:
    from grader.course.course import ClassInput
    from grader.judging.grading import Grader
    from grader.results.message import Message
    from grader.results.report import Report

_FORMATS = ("text", "json", "markdown", "github", "junit", "gradescope", "classroom50")


@click.command()
@click.argument("submissions", metavar="SUBMISSION...", type=FOLDER, nargs=-1, required=True)
@out_option("report", "The folder for report.html and report.json.")
@common_options
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
@click.option("--watch", is_flag=True, help="Grade again whenever a file is saved, until Ctrl-C.")
@click.option("--exit-zero", is_flag=True, help="Exit code 0 even if marks were lost.")
@guarded
def run(
    submissions: tuple[Path, ...],
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    no_sandbox: bool,
    lang: str,
    cache: Path | None,
    form: str,
    verbose: bool,
    fail_under: float | None,
    watch: bool,
    exit_zero: bool,
) -> int:
    """Grade the folder SUBMISSION.

    Several folders are graded as a class; `grade class` has more options.
    """
    _are_there(submissions)
    if watch and (len(submissions) > 1 or form != "text"):
        raise UsageError("--watch is for one folder, and prints text only.")
    if len(submissions) > 1:
        settings = ClassSettings(out, assignment, names, seed, no_sandbox, lang, cache, form == "json")

        def handed_in(modules: tuple[str, ...], workspace: Path) -> "ClassInput":
            from grader.course.course import ClassInput
            from grader.course.identity import of_folder

            return ClassInput(tuple(map(of_folder, submissions)))

        return grade_class_of(settings, handed_in)
    (submission,) = submissions
    with open_grader(assignment, names, seed, no_sandbox, cache) as grader:
        from grader.assignment.loader import wanted_names
        from grader.cli.watch import Watch, look
        from grader.submission.loader import read_submission

        # Before the files are read, so that none can be saved in between.
        state = look(submission) if watch else {}
        wanted = wanted_names(grader.tasks)
        written = tuple(task.file for task in grader.written)
        try:
            files = read_submission(submission, tuple(wanted), wanted, written=written)
        except SubmissionError as error:
            if form == "gradescope":
                echo(_unread_for_gradescope(error, submission, grader, lang))
            raise
        # Needed only after the last child process has ended, but the sandbox still imports torch.
        from grader.assignment.translations import read_translations
        from grader.report.html import submission_page
        from grader.report.language import speaking
        from grader.report.since import last_report, since
        from grader.report.write import write_reports
        from grader.results.report import mark

        submission_page.prepare()
        report = grader.grade(files)
        authors = read_translations(grader.assignment.folder, lang)
        if watch:
            with speaking(lang, authors):
                Watch(grader, submission, out, verbose, state, files, report).run()
            return 0
    with speaking(lang, authors):
        changes = since(last_report(out), report)
        page = write_reports(report, out, changes)
        _show(report, changes, form, page, submission, verbose)
    if report.is_broken:
        return 2
    decided = report.points - report.waiting
    enough = decided if fail_under is None else decided * fail_under / 100
    return 0 if exit_zero or mark(report.score, report.lateness) >= enough else 1


def _show(
    report: "Report", changes: "Message | None", form: str, page: Path, submission: Path, verbose: bool
) -> None:
    """Print the report in a format."""
    from grader.report import json as report_json
    from grader.report.terminal import submission_summary

    summary = f"{submission_summary.render(report, changes, verbose=verbose)}{page.resolve()}\n"
    if form == "text":
        echo(summary)
    elif form == "json":
        echo(escaped(report_json.render(report)))
    elif form == "junit":
        from grader.report import junit

        echo(junit.render(report, _relative(page, os.curdir)))
    elif form == "markdown":
        from grader.report import markdown

        echo(markdown.render(report, changes))
    elif form == "gradescope":
        from grader.report import gradescope

        echo(gradescope.render(report))
    elif form == "classroom50":
        echo(_for_classroom50(report, submission))
    else:
        from grader.report import github, markdown

        _add_job_summary(markdown.render(report, changes))
        folder = _relative(submission, os.environ.get("GITHUB_WORKSPACE", os.curdir))
        echo(github.render(report, click.unstyle(summary), folder, secrets.token_hex(16)))


def _unread_for_gradescope(error: SubmissionError, submission: Path, grader: "Grader", lang: str) -> str:
    """Return results that say why a submission cannot be read: students see these, and not stderr."""
    from grader.assignment.translations import read_translations
    from grader.report import gradescope
    from grader.report.language import speaking
    from grader.results.message import Message

    # Where the platform keeps it tells a student nothing.
    why = str(error).replace(f"{submission} ", "What you handed in ", 1).removesuffix(".")
    with speaking(lang, read_translations(grader.assignment.folder, lang)):
        return gradescope.render_without_report(
            Message.of("sentence", text=why), (*grader.tasks, *grader.written)
        )


def _relative(path: Path, start: str) -> str:
    """Return a path relative to `start`; on Windows there is none from one drive to another."""
    try:
        return os.path.relpath(path, start)
    except ValueError:
        return os.path.abspath(path)


def _for_classroom50(report: "Report", submission: Path) -> str:
    """Return `result.json`, with what the variables of the runner say. Raises `UsageError` without them."""
    from datetime import UTC, datetime

    from grader.course.submission_times import committed
    from grader.report import classroom50

    identity = {field: os.environ.get(name, "") for field, name in classroom50.IDENTITY.items()}
    identity["review"] = identity["review"] or identity["commit"]
    absent = [classroom50.IDENTITY[field] for field, value in identity.items() if not value]
    if absent:
        raise UsageError(f"Classroom 50 sets {', '.join(absent)}, which are missing here.")
    now = datetime.now(UTC)
    return classroom50.render(report, identity, committed(submission) or now, now)


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


def _are_there(submissions: tuple[Path, ...]) -> None:
    """Raise `UsageError` if a folder does not exist, before anything is graded."""
    absent = [path for path in submissions if not os.path.exists(path)]
    if not absent:
        return
    # A word that is no folder may be a misspelt command.
    meant = nearest(str(absent[0]), _commands())
    if meant and absent[0] == submissions[0]:
        raise UsageError(f"{absent[0]} does not exist. Did you mean `grade {meant}`?")
    raise UsageError(f"{', '.join(map(str, absent))} {'does' if len(absent) == 1 else 'do'} not exist.")


def _commands() -> list[str]:
    """Return the names of all commands of `grade`."""
    group = click.get_current_context().find_root().command
    return list(group.commands) if isinstance(group, click.Group) else []
