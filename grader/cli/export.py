"""`grade export`: marks into the sheet of a platform."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.report.gradebook import Feedback

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
@click.option(
    "--feedback-zip",
    type=FOLDER,
    metavar="FILE",
    help="Write the pages as well, as the feedback files that Moodle takes.",
)
@guarded
def export(
    graded: Path, platform: str, sheet: Path, column: str, out: Path | None, feedback_zip: Path | None
) -> int:
    """Fill the marks of a class into the SHEET that a platform exported.

    GRADED is the folder that `--out` of `grade class` named. Each other byte of the sheet stays as it is.
    Without --out it only shows what would change. Exit code 1 if somebody could not be matched.
    """
    from grader import untrusted_files
    from grader.course import regrade
    from grader.report import gradebook
    from grader.report.terminal import gradebook_summary
    from grader.report.write import write_bytes

    if feedback_zip is not None and platform != "moodle":
        raise UsageError("--feedback-zip is for Moodle: give --to moodle and the worksheet.")
    try:
        data = untrusted_files.read(sheet.parent, sheet.name, _LONGEST_SHEET)
    except OSError as error:
        raise UsageError(f"{sheet} cannot be read: {error.strerror}.") from None
    found = gradebook.filled(regrade.read_class(graded), data, platform, column)
    echo(gradebook_summary.render(found))
    if out is not None:
        write_bytes(out, found.data)
        echo(f"{out.resolve()}\n")
    if feedback_zip is not None:
        write_bytes(feedback_zip, _pages(graded, found.feedback))
        echo(f"{feedback_zip.resolve()}\n")
    return 1 if found.unmatched else 0


def _pages(graded: Path, feedback: "Iterable[Feedback]") -> bytes:
    """Return the pages of a class as a zip file. Raises `UsageError` if one cannot be read."""
    from grader import untrusted_files
    from grader.report.write import zipped

    pages = {}
    for one in feedback:
        folder = graded / Path(one.out).name  # as in class.json, which names a folder here
        try:
            page = untrusted_files.read(folder, "report.html", _LONGEST_SHEET)
        except OSError as error:
            raise UsageError(f"{folder / 'report.html'} cannot be read: {error.strerror}.") from None
        pages[f"{one.folder}/report.html"] = page
    return zipped(pages)
