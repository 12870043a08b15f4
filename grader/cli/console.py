"""What a command prints: progress, and text that moves no cursor."""

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Self

import click

from grader.errors import UsageError
from grader.report.visible import visible, without_commands

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from grader.results.course import Row

_WIDTH = 78
"""Characters of a line of progress."""
_LINE_SECONDS = 5.0
"""Time between two lines of progress in a pipe."""


class Progress:
    """One line on a terminal that says what is being done; nothing in a pipe."""

    def __init__(self) -> None:
        self._bar: ProgressBar[str] | None = None
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=1, bar_template="%(info)s", item_show_func=lambda item: item, file=sys.stderr
            )

    def __enter__(self) -> Self:
        """Return itself: the line is drawn when there is something to say."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal at the beginning of a line."""
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, task: str, step: str) -> None:
        """Replace the line."""
        if self._bar is not None:
            self._bar.current_item = f"{task}: {step} …"[:_WIDTH]
            self._bar.render_progress()


class ClassProgress:
    """How far a class is: a bar on a terminal, and a line every few seconds in a pipe."""

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None
        self._on = sys.stderr.isatty()
        self._said = 0.0

    def __enter__(self) -> Self:
        """Return itself: the bar is drawn with the first submission."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal at the beginning of a line."""
        if self._bar is not None:
            self._bar.render_finish()

    def step(self, text: str) -> None:
        """Say on a terminal what is done before the first submission is graded."""
        if self._on and self._bar is None:
            click.echo(f"\r\033[K{text[:_WIDTH]} …", nl=False, err=True)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self._on:
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(f"grade: {on_one_line(text)}", err=True)

    def on_graded(self, done: int, of: int, row: "Row") -> None:
        """Show that `done` of the `of` submissions are graded, the last of them in `row`."""
        from grader.report.terminal.class_summary import line

        if self._on:
            bar = self._bar
            if bar is None:
                click.echo("\r\033[K", nl=False, err=True)
                bar = click.progressbar(length=of, label="grading", show_pos=True, file=sys.stderr, width=30)
                self._bar = bar
            bar.update(done - bar.pos)
        elif done == of or time.monotonic() - self._said > _LINE_SECONDS:
            self._said = time.monotonic()
            click.echo(line(done, of, row), err=True)


def on_one_line(said: object) -> str:
    """Return a text on one line, with what is not printable made visible."""
    return without_commands(" ".join(visible(str(said)).split()))


def escaped(data: str) -> str:
    """Return JSON that moves no cursor: characters that are not printable are written as `\\uXXXX`."""
    data = re.sub(r"##(?=vso\[|\[)", r"\\u0023#", data)  # anywhere in a line, Azure obeys these
    if data.isascii():  # JSON escapes what is below 0x20 itself
        return data.replace("\x7f", "\\u007f")
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in data)


def echo(text: str) -> None:
    """Print, with colours only on a terminal and if NO_COLOR is not set."""
    colour = False if os.environ.get("NO_COLOR") else None
    try:
        click.echo(text, nl=False, color=colour)
    except OSError as error:
        # Discard what is left in the buffer, or it would fail again at exit with another exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # as with `| head`: the reader has seen enough
            raise UsageError(f"Standard output cannot be written to: {error.strerror}.") from None
