"""`grade export`: marks into the sheet of a platform."""

from pathlib import Path

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo
from grader.errors import UsageError

_LONGEST_SHEET = 64 << 20


@click.command()
@click.argument("graded", type=FOLDER)
@click.option(
    "--to",
    "platform",
    type=click.Choice(("canvas", "moodle")),
    required=True,
    help="The platform that exported SHEET.",
)
@click.argument("sheet", type=FOLDER)
@click.option("--column", default="", metavar="TITLE", help="The column of this assignment.")
@click.option("--out", type=FOLDER, metavar="FILE", help="Where to write the sheet; without it, nothing is.")
@guarded
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
    echo(gradebook_summary.render(found))
    if out is not None:
        write_bytes(out, found.data)
        echo(f"{out.resolve()}\n")
    return 1 if found.unmatched else 0
