"""`grade pack`: an assignment for platforms that grade by themselves."""

from pathlib import Path

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo


@click.group()
def pack() -> None:
    """Pack an assignment for a platform that grades by itself."""


@pack.command("gradescope")
@click.argument("out", metavar="OUT.zip", type=FOLDER)
@click.option("--assignment", type=FOLDER, metavar="DIR", help="Another assignment than the bundled one.")
@guarded
def gradescope(out: Path, assignment: Path | None) -> int:
    """Write an autograder for Gradescope, to be uploaded as it is.

    It holds the assignment with its solutions, and the grader as it is installed here.
    """
    from grader.assignment.loader import bundled, read_assignment
    from grader.packing.gradescope import autograder
    from grader.report.write import write_bytes

    found = read_assignment(assignment or bundled())
    found.refuse_kit()
    write_bytes(out, autograder(found))
    echo(f"{out.resolve()}\n")
    return 0
