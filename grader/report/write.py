"""Writes the files of a report, each whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

from grader import untrusted_files
from grader.errors import UsageError
from grader.report import json
from grader.report.html import submission_page
from grader.results.message import Message
from grader.results.report import Report


def write_reports(report: Report, folder: Path, changes: Message | None = None) -> Path:
    """Write report.json and report.html into `folder`; return the path of the page.

    The page says which `changes` there are since the last run.

    Raises `UsageError` where the folder cannot be written to.
    """
    write_text(folder, "report.json", json.render(report))
    return write_text(folder, "report.html", submission_page.render(report, changes))


def write_text(folder: Path, name: str, text: str) -> Path:
    """Write the file `name` into `folder`, which is made if need be; return its path.

    Raises `UsageError` where the folder cannot be written to.
    """
    return write_lines(folder, name, [text])


def write_lines(folder: Path, name: str, lines: Iterable[str]) -> Path:
    """Write the file `name` line by line, like `write_text`."""
    try:
        untrusted_files.write(folder, name, (encoded(line) for line in lines))
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
    return folder / name


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file. Raises `UsageError` where it cannot be written."""
    try:
        untrusted_files.write(path.parent, path.name, [data])
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


def encoded(text: str) -> bytes:
    """Return the bytes of a text as they stand in a file: a lone surrogate is a question mark."""
    return text.encode("utf-8", "replace")
