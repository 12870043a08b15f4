"""Writes the files of a report, each whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from grader.errors import UsageError
from grader.report import json
from grader.report.html import submission_page
from grader.results.report import Report


def write_reports(report: Report, folder: Path) -> Path:
    """Write report.json and report.html into `folder`; return the path of the page.

    Raises `UsageError` where the folder cannot be written to.
    """
    write_text(folder, "report.json", json.render(report))
    return write_text(folder, "report.html", submission_page.render(report))


def write_text(folder: Path, name: str, text: str) -> Path:
    """Write the file `name` into `folder`, which is made if need be; return its path.

    Raises `UsageError` where the folder cannot be written to.
    """
    return write_lines(folder, name, [text])


def write_lines(folder: Path, name: str, lines: Iterable[str]) -> Path:
    """Write the file `name` line by line, like `write_text`."""
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(path, lines)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
    return path


def _replace(path: Path, lines: Iterable[str]) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(lines)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
