"""`grade compare` and `grade remark`: what changes between two gradings of a class."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.command import FOLDER, guarded, out_option
from grader.cli.console import echo
from grader.cli.setting_up import signer

if TYPE_CHECKING:
    from grader.results.course import ClassResult


@click.command()
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
@out_option("compare", "The folder for compare.html and compare.csv.")
@guarded
def compare(old: Path, new: Path, out: Path) -> int:
    """Show whose mark changes between two gradings of a class.

    OLD and NEW are folders that `--out` named. Exit code 1 if a mark changes.
    """
    from grader.course import regrade

    return show_changes(regrade.read_class(old), regrade.read_class(new), out)


@click.command()
@click.argument("graded", type=FOLDER)
@click.option(
    "--assignment", type=FOLDER, metavar="DIR", help="With other prices or points; default: the bundled one."
)
@out_option("remarked", "The folder for the class with its new marks, and for compare.html.")
@guarded
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
    after = Remarking(before, graded, found, signer(), out).remark()
    return show_changes(before, after, out)


def show_changes(before: "ClassResult", after: "ClassResult", out: Path) -> int:
    """Write and print what changes between two gradings of a class; return 1 if a mark does."""
    from grader.course import regrade
    from grader.report.csv import regrade_table
    from grader.report.html import regrade_page
    from grader.report.terminal import regrade_summary
    from grader.report.write import write_lines, write_text

    compared = regrade.compare_classes(before, after)
    write_lines(out, "compare.csv", regrade_table.lines(compared))
    page = write_text(out, "compare.html", regrade_page.render(compared))
    echo(regrade_summary.render(compared))
    echo(f"{page.resolve()}\n")
    return 1 if compared.marks_change else 0
