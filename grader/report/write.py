"""Writes the files of a report, each whole or not at all."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader import untrusted_files
from grader.errors import UsageError
from grader.report import json
from grader.report.html import submission_page
from grader.results.message import Message
from grader.results.report import Report

_DATE = (1980, 1, 1, 0, 0, 0)
"""Of each file in an archive, so that the same files give the same bytes."""


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


def zipped(files: Mapping[str, bytes], executable: tuple[str, ...] = ()) -> bytes:
    """Return a zip file of `files` by path; those in `executable` may be run."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, or the rights are not read
            entry.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(entry, data)
    return whole.getvalue()
