"""`grade class`: the submissions of a class."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.command import FOLDER, Terminated, common_options, guarded, out_option
from grader.cli.console import ClassProgress, echo, escaped
from grader.cli.setting_up import answer_cache_folder, open_zygotes, signer

if TYPE_CHECKING:
    from grader.course.course import ClassInput
    from grader.signing import Signer


@click.command("class")
@click.argument("folder", metavar="DIR", type=FOLDER)
@out_option("report", "The folder for class.html and for one report per student.")
@common_options
@click.option("--json", "as_json", is_flag=True, help="Print class.json instead of the summary.")
@click.option("--again", is_flag=True, help="Grade also what is already graded.")
@click.option("--cores", type=click.IntRange(1), metavar="N", help="How many to use; the default is all.")
@click.option("--roster", type=FOLDER, metavar="FILE", help="CSV with the people of the class.")
@click.option("--anonymous", is_flag=True, help="Show aliases instead of names in the pages.")
@click.option(
    "--policy",
    type=FOLDER,
    metavar="FILE",
    help="TOML with the deadline and what a late day costs.",
)
@guarded
def class_(
    folder: Path,
    out: Path,
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    no_sandbox: bool,
    lang: str,
    cache: Path | None,
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

    return grade_class_of(
        ClassSettings(out, assignment, names, seed, no_sandbox, lang, cache, as_json, again, cores), handed_in
    )


@dataclass(frozen=True)
class ClassSettings:
    """How a class is graded."""

    out: Path
    assignment: Path | None
    names: tuple[str, ...]
    seed: int | None
    no_sandbox: bool
    lang: str
    cache: Path | None
    as_json: bool
    again: bool = False
    cores: int | None = None


def grade_class_of(
    settings: ClassSettings, handed_in: "Callable[[tuple[str, ...], Path], ClassInput]"
) -> int:
    """Grade a class and print the summary; return the exit code.

    `handed_in` reads the class, given the names of the tasks and a folder to unpack archives in.
    """
    # As for one submission, the sandbox first.
    with (
        open_zygotes(settings.no_sandbox, settings.assignment) as (level, zygotes),
        tempfile.TemporaryDirectory(prefix="grade-class-", ignore_cleanup_errors=True) as workspace,
    ):
        from grader.assignment.loader import bundled, read_assignment, wanted_names
        from grader.course.course import class_json, grade_class
        from grader.course.grading import ClassGrading
        from grader.report.terminal import class_summary
        from grader.sandbox.machine import processors
        from grader.submission.layout import stem_of

        found = read_assignment(settings.assignment or bundled())
        found.refuse_kit()
        signs = signer()
        tasks, written = found.only(settings.names), found.only_written(settings.names)
        handed = handed_in(tuple(map(stem_of, wanted_names(tasks))), Path(workspace))
        with ClassProgress() as progress:
            course = ClassGrading(
                assignment=found,
                tasks=tasks,
                written=written,
                seed=_own_seed(signs, found.title) if settings.seed is None else settings.seed,
                level=level,
                zygotes=zygotes,
                cache=answer_cache_folder(settings.cache),
                signer=signs,
                out=settings.out,
                language=settings.lang,
                cores=settings.cores or processors(),
                again=settings.again,
                on_graded=progress.on_graded,
                step=progress.step,
                say=progress.say,
            )
            try:
                result = grade_class(course, handed)
            except (KeyboardInterrupt, Terminated) as stop:
                click.echo("\ngrade: stopped; the same command continues with what is missing.", err=True)
                return 130 if isinstance(stop, KeyboardInterrupt) else 143
    if settings.as_json:
        echo(escaped(class_json(result)))
    else:
        echo(class_summary.render(result))
        echo(f"{(settings.out / 'class.html').resolve()}\n")
    if any(row.is_broken for row in result.students):
        return 2
    lost = result.missing or any(
        row.problem is not None or row.score < row.points - row.waiting for row in result.students
    )
    return 1 if lost else 0


def _own_seed(signs: "Signer", title: str) -> int:
    """Return the seed for an assignment that only this user knows: everybody knows the public one."""
    return int(signs.mac("seed of a class", title.encode())[:15], 16)
