"""`grade check` and `grade new`: for the author of an assignment."""

import time
from pathlib import Path

import click

from grader.cli.command import FOLDER, Terminated, guarded, out_option
from grader.cli.console import echo
from grader.cli.setting_up import open_grader


@click.command()
@click.argument("assignment", type=FOLDER)
@out_option("report", "The folder for check.html.")
@click.option(
    "--task",
    "names",
    multiple=True,
    metavar="NAME",
    help="Check only this task; may be repeated.",
)
@click.option("--quick", is_flag=True, help="Only the solution and the known mistakes, in seconds.")
@guarded
def check(assignment: Path, out: Path, names: tuple[str, ...], quick: bool) -> int:
    """Test the checks of the folder ASSIGNMENT.

    The solution must pass, with the same answers twice, and with another seed. Each known mistake must
    be caught and named. Each small slip in the solution must be caught. Exit code 1 if not. Ctrl-C ends
    it with what is known so far.
    """
    begun = time.monotonic()
    with open_grader(assignment, names, None, no_sandbox=False) as grader:
        grader.assignment.refuse_kit()
        from grader.audit.audit import Audit
        from grader.report.html import audit_page
        from grader.report.terminal import audit_summary
        from grader.report.write import write_text
        from grader.results.audit import AssignmentAudit

        audit, stop, tasks = Audit(grader, grader.progress, quick), 0, []
        try:
            for task in grader.tasks:
                tasks.append(audit.check(task))
        except (KeyboardInterrupt, Terminated) as stopped:
            stop = 130 if isinstance(stopped, KeyboardInterrupt) else 143
            tasks += [found for found in (audit.so_far(),) if found is not None]
        checked = AssignmentAudit(
            title=grader.assignment.title,
            tasks=tuple(tasks),
            seconds=round(time.monotonic() - begun, 1),
        )
    page = write_text(out, "check.html", audit_page.render(checked))
    echo(audit_summary.render(checked))
    echo(f"{page.resolve()}\n")
    if stop:
        click.echo("grade: stopped; this is what is known so far.", err=True)
    return stop or (0 if checked.passed else 1)


@click.command()
@click.argument("folder", type=FOLDER)
@guarded
def new(folder: Path) -> int:
    """Write a small complete assignment into FOLDER as a start."""
    from grader.assignment.starter import write_assignment

    write_assignment(folder)
    echo(f"{folder.resolve()}\nNext: grade check {folder}\n")
    return 0
