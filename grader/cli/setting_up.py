"""What a command grades with: a sandbox, the answer cache, and the signer of reports."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.assignment.libraries import libraries_of
from grader.cli.console import Progress, on_one_line
from grader.errors import SandboxRefused, UsageError

if TYPE_CHECKING:
    from grader.asking.reference import CachedAnswers
    from grader.assignment.loader import Assignment
    from grader.judging.grading import Grader
    from grader.sandbox.contract import Level, Sandbox
    from grader.sandbox.launch import Zygotes
    from grader.signing import Signer

_NAME = "torch-homework-grader"
_STARTED_AHEAD = 2
"""Processes without isolation that wait for a program; each holds torch in memory."""
_NOT_ISOLATED = "grade: --no-sandbox: the submission runs with your own rights, on your own files."


@contextlib.contextmanager
def open_grader(
    assignment: Path | None,
    names: tuple[str, ...],
    seed: int | None,
    no_sandbox: bool,
    cache: Path | None = None,
) -> Iterator["Grader"]:
    """Yield a grader with a running sandbox, and end the sandbox afterwards."""
    from grader.assignment.folders import bundled

    folder = assignment or bundled()
    # The sandbox first: it imports torch while this process imports the rest.
    with contextlib.closing(_sandbox(no_sandbox, folder)) as sandbox, Progress() as progress:
        from grader.assignment.loader import read_assignment
        from grader.judging.grading import Grader
        from grader.sandbox.machine import children, processors

        found: Assignment = read_assignment(folder, names)
        if found.is_kit and seed not in (None, found.seed):
            raise UsageError(f"{folder} is a kit: it has answers for the seed {found.seed} only.")
        answers: CachedAnswers
        if found.is_kit:
            from grader.asking.key_answers import KeyAnswers

            answers = KeyAnswers(found.tasks)
        else:
            from grader.asking.answer_cache import AnswerCache
            from grader.asking.key_answers import WarmAnswers
            from grader.asking.memory_cache import MemoryCache
            from grader.judging.comparison import agree

            kept = MemoryCache(AnswerCache(answer_cache_folder(cache)))
            answers = WarmAnswers(kept, found.tasks, agree)
        yield Grader(
            assignment=found,
            tasks=found.only(names),
            written=found.only_written(names),
            seed=found.seed if seed is None else seed,
            sandbox=sandbox,
            cache=answers,
            workers=min(processors(), children(found.limits)),
            progress=progress.show,
        )


def _sandbox(no_sandbox: bool, assignment: Path) -> "Sandbox":
    """Return a running sandbox; with a kit, people grade their own work, so that no isolation will do."""
    from grader.assignment.folders import is_kit
    from grader.sandbox.probe import open_sandbox
    from grader.sandbox.restarting import RestartingSandbox

    if not no_sandbox:
        try:
            libraries = libraries_of(assignment)
            return RestartingSandbox(lambda: open_sandbox(libraries))
        except SandboxRefused:
            if not is_kit(assignment):
                raise
    from grader.sandbox.process import ProcessSandbox

    if no_sandbox:
        click.echo(_NOT_ISOLATED, err=True)
    return ProcessSandbox(ahead=_STARTED_AHEAD)


@contextlib.contextmanager
def open_zygotes(no_sandbox: bool, assignment: Path | None) -> "Iterator[tuple[Level, Zygotes | None]]":
    """Yield the level of isolation and the zygotes of the workers' sandboxes, and end these afterwards."""
    from grader.sandbox.contract import Level

    if no_sandbox:
        click.echo(_NOT_ISOLATED, err=True)
        yield Level.NONE, None
        return
    from grader.sandbox.launch import Zygotes
    from grader.sandbox.probe import best_level

    level = best_level()
    with contextlib.closing(Zygotes(level, libraries=libraries_of(assignment))) as zygotes:
        yield level, zygotes


def answer_cache_folder(chosen: Path | None) -> Path:
    """Return the folder of the answer cache, with a warning if it cannot be used."""
    from platformdirs import user_cache_path

    from grader.untrusted_files import keep_private

    folder = chosen or user_cache_path(_NAME) / "answers"
    try:
        keep_private(folder)
    except OSError as error:
        click.echo(
            f"grade: the cache {on_one_line(folder)} is not used ({error.strerror}): "
            "the solution and the known mistakes are asked again each time.",
            err=True,
        )
    return folder


def signer() -> "Signer":
    """Return the signer of reports, with a warning if its key cannot be kept for the next run."""
    from platformdirs import user_data_path

    from grader import signing

    folder = user_data_path(_NAME)
    try:
        return signing.kept_in(folder)
    except OSError as error:
        click.echo(
            f"grade: the key that signs reports cannot be kept in {on_one_line(folder)} ({error.strerror}): "
            "the next run cannot verify them, and grades everything again.",
            err=True,
        )
        return signing.new()
