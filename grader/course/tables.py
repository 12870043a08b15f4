"""Reads tables as spreadsheets and platforms write them: CSV in any of its forms."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError

_LONGEST = 16 << 20
"""Bytes; a roster of 10,000 people with 20 columns is a tenth of it."""
_SEPARATORS = ",;\t|"
_MARKED = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NO_TABLES = {
    b"PK\x03\x04": "an Excel or LibreOffice workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF-": "a PDF",
}
_SAVE_AS = 'In Excel, choose "CSV UTF-8" in the dialogue for saving.'


@dataclass(frozen=True)
class Line:
    """A line of a table; a cell with a line end takes several lines of the file."""

    number: int
    """The first of its lines in the file, from 1."""
    cells: tuple[str, ...]
    """Without the space around them; a line end within a cell is a space."""


def read_table(path: Path) -> tuple[Line, ...]:
    """Return the lines of a CSV file that are not empty.

    Commas, semicolons, tabs or bars separate the cells. The text is UTF-8, or UTF-16 with a byte-order
    mark. Raises `UsageError`, which names the file, the line and what to do.
    """
    text = _text(path)
    first, _, rest = text.partition("\n")
    skipped = 0
    separator = _named_separator(first)
    if separator:
        text, skipped = rest, 1
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator or _likely_separator(text), strict=True
    )
    found = []
    begins = 1
    try:
        for cells in reader:
            line = Line(begins + skipped, tuple(" ".join(cell.split()) for cell in cells))
            begins = reader.line_num + 1
            if any(line.cells):
                found.append(line)
    except csv.Error as error:
        reason = (
            "a quotation mark is opened here and never closed" if "end of data" in str(error) else str(error)
        )
        raise UsageError(f"{path}, line {begins + skipped}: {reason}.") from None
    return tuple(found)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > _LONGEST:
        raise UsageError(f"{path} is longer than {_LONGEST >> 20} MiB; this is no table of people.")
    what = next((what for begin, what in _NO_TABLES.items() if data.startswith(begin)), "")
    if what:
        raise UsageError(f"{path} is {what}; save the sheet as CSV. {_SAVE_AS}")
    encoding = next((name for mark, name in _MARKED.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise UsageError(f"{path} is damaged: it begins as UTF-16 text and is none.") from None
        number = data[: error.start].count(b"\n") + 1
        shown = data[error.start : error.start + 1].decode("cp1252", "replace")
        raise UsageError(
            f"{path}, line {number}, is not UTF-8: the byte {data[error.start]:#x} is there, "
            f"which is {shown!r} in Windows-1252. Save the file as CSV in UTF-8. {_SAVE_AS}"
        ) from None
    if "\0" in text:
        raise UsageError(f"{path} is no text, or UTF-16 without a byte-order mark. {_SAVE_AS}")
    return text


def _named_separator(first: str) -> str:
    """Return the separator that a line like `sep=;` names, as Excel writes it; empty if it is none."""
    line = first.strip("\r\n \"'")
    return line[4:] if line[:4].lower() == "sep=" and len(line) == 5 else "\t" if line == "sep=" else ""


def _likely_separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip(" \t\r,;|")), "")
    outside = "".join(header.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def without_empty_end(cells: Sequence[str]) -> list[str]:
    """Return cells without the empty ones at the end."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept
