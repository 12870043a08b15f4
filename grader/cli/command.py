"""What commands have in common: how they end, and their options."""

import functools
import secrets
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from grader.cli.console import on_one_line
from grader.errors import GraderError
from grader.report.language import CODES, SOURCE

Command = TypeVar("Command", bound=Callable[..., Any])

FOLDER = click.Path(path_type=Path)


def guarded(command: Command) -> Command:
    """End with a sentence and an exit code if `command` cannot continue."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> NoReturn:
        signal.signal(signal.SIGTERM, _terminated)
        try:
            sys.exit(command(*args, **kwargs))
        except GraderError as error:
            click.echo(f"grade: {on_one_line(error)}", err=True)
            sys.exit(2)
        except Exception as error:  # so that a bug of ours never looks like a lost mark
            where = traceback.extract_tb(error.__traceback__)[-1]
            click.echo(
                f"grade: a bug of ours, please report it: {type(error).__name__} "
                f"in {where.filename}, line {where.lineno}: {on_one_line(error)}",
                err=True,
            )
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("grade: stopped; nothing was written.", err=True)
            sys.exit(130)
        except Terminated:
            click.echo("grade: terminated; nothing was written.", err=True)
            sys.exit(143)

    return guarded  # type: ignore[return-value]


class Terminated(BaseException):
    """SIGTERM arrived."""


def _terminated(number: int, frame: object) -> NoReturn:
    raise Terminated


def _seed(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    if value == "random":
        return secrets.randbits(62)
    if value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63:
        return int(value)
    raise click.BadParameter("give a whole number from 0 to 2^63 - 1, or `random`.")


def common_options(command: Command) -> Command:
    """Add the options that one submission and a class have in common."""
    options = (
        click.option(
            "--assignment", type=FOLDER, metavar="DIR", help="Another assignment than the bundled one."
        ),
        click.option(
            "--task",
            "names",
            multiple=True,
            metavar="NAME",
            help="Grade only this task; may be repeated.",
        ),
        click.option(
            "--seed",
            callback=_seed,
            metavar="N|random",
            help="The seed of the cases; the default is the assignment's public one, "
            "and for a class one of your own.",
        ),
        click.option(
            "--no-sandbox",
            is_flag=True,
            help="Run submissions without isolation: for your own work only.",
        ),
        click.option(
            "--lang",
            type=click.Choice(CODES),
            default=SOURCE,
            help="The language of what students read; the default is English.",
        ),
        click.option(
            "--cache",
            type=FOLDER,
            metavar="DIR",
            help="Where answers are kept from run to run; the default is your cache directory.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def out_option(default: str, help_text: str) -> Callable[[Command], Command]:
    """Return the option `--out`: the folder of what a command writes."""
    return click.option(
        "--out", type=FOLDER, default=Path(default), show_default=True, metavar="DIR", help=help_text
    )
