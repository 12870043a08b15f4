"""`grade decide`: what a person decides about a graded class, without a browser."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo
from grader.cli.setting_up import signer
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.deciding import GradedClass
    from grader.results.course import Row
    from grader.results.decisions import Decision


@click.command()
@click.argument("graded", metavar="GRADED[/STUDENT]", type=FOLDER)
@click.option("--task", default="", metavar="NAME", help="Decide about a whole task.")
@click.option("--check", "check", default="", metavar="TASK.CHECK", help="Decide about a check or question.")
@click.option("--points", type=float, metavar="N", help="The points that are given.")
@click.option("--item", "items", multiple=True, metavar="NAME", help="A rubric item that holds; may repeat.")
@click.option("--reason", default="", metavar="TEXT", help="Why; the student reads it.")
@click.option("--comment", default="", metavar="TEXT", help="Say something without deciding about points.")
@click.option("--line", default="", metavar="FILE:LINE", help="The line of code that a comment is about.")
@click.option("--price", type=float, metavar="N", help="With one --item: what it gives, to all.")
@click.option("--new-item", default="", metavar="TITLE", help="With --price: a new rubric item.")
@click.option("--release", is_flag=True, help="With --task: students may see the model answers.")
@click.option("--undo", is_flag=True, help="Take back the last decision about it.")
@click.option("--by", default="", metavar="NAME", help="Who decides; the default is your login.")
@click.option("--withhold-name", is_flag=True, help="Students do not see the name.")
@click.option("--write", is_flag=True, help="Make a change for the whole class, not only show it.")
@guarded
def decide(
    graded: Path,
    task: str,
    check: str,
    points: float | None,
    items: tuple[str, ...],
    reason: str,
    comment: str,
    line: str,
    price: float | None,
    new_item: str,
    release: bool,
    undo: bool,
    by: str,
    withhold_name: bool,
    write: bool,
) -> int:
    """Decide about points that grading left to people, or that it got wrong.

    GRADED is a folder that `grade class --out` named. Decisions are only added, to
    GRADED/decisions.jsonl; grading again keeps them. Examples:

    \b
    grade decide graded/ANA --check lstm_cell.cell_state --points 3 --reason "…"
    grade decide graded/ANA --check answers.1.1.2 --item stays --item shared
    grade decide graded/ANA --comment "Well written." --line lstm_cell.py:12
    grade decide graded --check answers.1.1.2 --item shared --price 1 --write
    grade decide graded --task answers --release --write
    """
    from grader.course.making_decisions import Maker

    course, row = _found(graded)
    maker = Maker(course, by or _login(), named=not withhold_name)
    task, name = _target(task, check)
    if price is not None or new_item or release:
        if row is not None:
            raise UsageError(f"That is for all: name the folder of the class, {graded.parent}.")
        if release:
            made = maker.release(task)
        elif new_item:
            made = maker.new_item(task, name, new_item, 0.0 if price is None else price)
        else:
            made = maker.price(task, name, items[0] if len(items) == 1 else "", price or 0.0)
        return _for_all(course, made, write)
    if row is None:
        raise UsageError(f"Name a student: `grade decide {graded}/STUDENT …`.")
    if undo:
        made = maker.undo(row, task, name)
    elif comment:
        file, _, number = line.rpartition(":") if ":" in line else (line, "", "")
        if number and not number.isdecimal():
            raise UsageError(f"--line {line}: write it as FILE:LINE.")
        made = maker.comment(row, task, name, comment, file, int(number or 0))
    elif items:
        made = maker.items(row, task, name, items, points, reason)
    elif points is not None:
        made = maker.points(row, task, name, points, reason)
    else:
        raise UsageError("Say what you decide: --points, --item, --comment or --undo.")
    course.decisions.append([made])
    after = course.publish()
    new = next(one for one in after.students if one.folder == row.folder)
    echo(f"{row.folder}: {row.mark:g} → {new.mark:g} of {new.points:g} points\n")
    if new.waiting:
        echo(f"{new.waiting:g} points wait for a person\n")
    if after.anonymous:
        echo("grades.csv is as it was: run the same `grade class` again to write it.\n")
    return 0


def _for_all(course: "GradedClass", made: "Decision", write: bool) -> int:
    """Show what a decision changes for the class, and make it if `write`."""
    from grader.course.regrade import compare_classes
    from grader.report.terminal import regrade_summary

    known = course.decisions.read()
    after = course.with_decisions([*known, made], write_reports=False)
    compared = compare_classes(course.with_decisions(known, write_reports=False), after)
    echo(regrade_summary.render(compared))
    if not write:
        echo("Nothing was written; with --write it is.\n")
        return 1 if compared.marks_change else 0
    course.decisions.append([made])
    course.publish()
    return 0


def _found(path: Path) -> tuple["GradedClass", "Row | None"]:
    """Return the class and the student that a path names; no student for the folder of the class."""
    from grader.course.deciding import GradedClass
    from grader.course.regrade import read_class

    if (path / "class.json").exists():
        return GradedClass(path, read_class(path), signer()), None
    folder = path.parent
    if not (folder / "class.json").exists():
        raise UsageError(f"{path} is no student of a graded class: {folder / 'class.json'} does not exist.")
    course = GradedClass(folder, read_class(folder), signer())
    row = next((one for one in course.result.students if path.name in (one.out, one.folder)), None)
    if row is None or not row.out:
        raise UsageError(f"{folder} has no report on {path.name}.")
    return course, row


def _target(task: str, check: str) -> tuple[str, str]:
    """Return task and check; the check is empty for a whole task."""
    if not check:
        return task, ""
    first, dot, name = check.partition(".")
    if not dot or (task and task != first):
        raise UsageError(f"--check {check}: write it as TASK.CHECK, for example lstm_cell.cell_state.")
    return first, name


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user, as in some containers
        return "unknown"
