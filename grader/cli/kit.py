"""`grade kit`: what a course may publish of an assignment."""

import contextlib
from pathlib import Path

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo
from grader.cli.setting_up import answer_cache_folder, open_grader
from grader.errors import UsageError

_MOST_LEFT_OUT = 10


@click.command()
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--assignment", type=FOLDER, metavar="DIR", help="Another assignment than the bundled one.")
@guarded
def kit(out: Path, assignment: Path | None) -> int:
    """Write what a course may publish into the new folder OUT.

    Students grade their own work with it: `grade SUBMISSION --assignment OUT`. It
    holds statements, starter files, the public checks, and in place of solutions
    and known mistakes what they answer with the public seed.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already and not empty; name a new folder.")
    with open_grader(assignment, (), None, no_sandbox=False) as grader:
        from grader.asking.answer_cache import AnswerCache
        from grader.asking.memory_cache import MemoryCache
        from grader.asking.reference import ReferenceAnswers
        from grader.packing.kit import PLAIN_ARITHMETIC, KitMaking
        from grader.report.write import write_bytes
        from grader.sandbox.launch import start
        from grader.sandbox.linux import LinuxSandbox

        level = grader.sandbox.level
        libraries = grader.assignment.libraries
        zygote = start(level, variables=PLAIN_ARITHMETIC, libraries=libraries)
        with contextlib.closing(LinuxSandbox(level, zygote)) as sandbox:
            cache = MemoryCache(AnswerCache(answer_cache_folder(None) / "plain arithmetic"))
            plain = ReferenceAnswers(grader.seed, sandbox, cache, grader.progress)
            made = KitMaking(grader.assignment, grader.trusted, plain, grader.workers).make()
    for path, data in made.files.items():
        write_bytes(out / path, data)
    _say_what_to_look_at(made.left_out, out)
    echo(f"{out.resolve()}\n")
    return 0


def _say_what_to_look_at(left_out: tuple[str, ...], out: Path) -> None:
    """Say what an author should look at before the kit is published."""
    if left_out:
        more = len(left_out) - _MOST_LEFT_OUT
        echo("Known mistakes that are not in it:\n")
        echo("".join(f"  {one}\n" for one in left_out[:_MOST_LEFT_OUT]))
        echo(f"  and {more} more\n" if more > 0 else "")
    echo(f"Read {out / 'starter'} before you publish it: its docstrings are those of your solutions.\n")
