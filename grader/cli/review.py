"""`grade review`: the pages on which people decide, on this machine."""

import getpass
from pathlib import Path

import click

from grader.cli.command import FOLDER, guarded
from grader.cli.console import echo
from grader.cli.setting_up import signer
from grader.errors import UsageError


@click.command()
@click.argument("graded", type=FOLDER)
@click.option("--by", default="", metavar="NAME", help="Who decides; the default is your login.")
@click.option("--withhold-name", is_flag=True, help="Students do not see the name.")
@click.option("--with-names", is_flag=True, help="Show whose answer it is.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@guarded
def review(graded: Path, by: str, withhold_name: bool, with_names: bool, port: int, no_browser: bool) -> int:
    """Decide about answers in words, in a browser.

    GRADED is a folder that `grade class --out` named. The page is on this machine only. Each
    decision is on the disk before the page goes on; Ctrl-C ends it and writes the marks.
    """
    from grader.course.deciding import GradedClass
    from grader.course.regrade import read_class

    try:
        from grader.review.local import serve
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name} is not installed; `pip install 'torch-homework-grader[review]'` brings it."
        ) from None
    course = GradedClass(graded, read_class(graded), signer())
    try:
        serve(
            course,
            by or _login(),
            anonymous=not with_names,
            named=not withhold_name,
            port=port,
            show=not no_browser,
            say=lambda address: echo(
                f"{address}\nThe address opens one browser; then another is printed. "
                "Ctrl-C ends it and writes the marks.\n"
            ),
        )
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used: {error.strerror}.") from None
    echo(f"{(graded / 'class.html').resolve()}\n")
    return 0


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
