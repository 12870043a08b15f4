"""Fills one column of a sheet that a platform exported, and keeps every other byte of it.

A gradebook is never made from nothing: the platform reads back only the sheet that it wrote, with its own
ids, in its own language. So the marks of a class go into a copy of that sheet.

Canvas: `Student`, `ID`, `SIS User ID`, `SIS Login ID`, …, then a column per assignment, `Homework 3 (1234)`;
the row `Points Possible` follows the titles, and `EX` excuses a student. Moodle: the first column is a word
and a number (`Participant 1234`, in the language of the site), `Grade` and `Feedback comments` are columns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.errors import UsageError
from grader.report.numbers import points
from grader.results.course import ClassResult, Member, Row

_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")
_MARKS = {"utf-8-sig": b"\xef\xbb\xbf"}
_ASSIGNMENT = re.compile(r".+ \(\d+\)")
_PARTICIPANT = re.compile(r"\D+(\d+)")
_EXCUSED = "EX"
_PEOPLE = {
    "canvas": ("ID", "SIS User ID", "SIS Login ID", "Integration ID", "Student"),
    "moodle": ("ID number", "Email address", "Full name", "Username"),
}
"""Columns that name a person, those that leave no doubt first."""
_GRADES = ("Grade", "Bewertung", "Note", "Calificación", "Valutazione", "Cijfer", "Nota", "Beoordeling")
_FEEDBACK = ("Feedback comments", "Feedback als Kommentar", "Feedback par commentaires")


@dataclass(frozen=True)
class Cell:
    """One cell of a sheet: what it says, and its place in the text."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True)
class Change:
    """A cell that gets another content."""

    person: str
    before: str
    after: str


@dataclass(frozen=True)
class Feedback:
    """A report that goes back to a person in Moodle."""

    folder: str
    """The folder that Moodle reads it from: `Ana Adler_901_assignfeedback_file_`."""
    out: str
    """The folder of the report below the folder of the class."""


@dataclass(frozen=True)
class Filled:
    """A sheet with marks in it."""

    data: bytes
    column: str
    changes: tuple[Change, ...]
    excused: tuple[str, ...]
    """People whose cell says that they are excused; it stays as it is."""
    unmatched: tuple[str, ...]
    """People of the class who are not in the sheet."""
    without_mark: tuple[str, ...]
    """People in the sheet without a final mark in the class."""
    feedback: tuple[Feedback, ...]
    """The reports of people who were found, for Moodle."""


def filled(result: ClassResult, data: bytes, platform: str, column: str = "") -> Filled:
    """Return the sheet `data` with the marks of a class in `column`.

    Raises `UsageError` if it is no sheet of `platform`, or if no column is the one of this assignment.
    """
    encoding, text = _decoded(data)
    separator = "\t" if text.partition("\n")[0].count("\t") > text.partition("\n")[0].count(",") else ","
    rows = list(_rows(text, separator))
    if not rows:
        raise UsageError("The sheet is empty.")
    titles = [cell.text.strip() for cell in rows[0]]
    at = _column(titles, platform, column, result)
    feedback = next((n for n, title in enumerate(titles) if title in _FEEDBACK), None)
    marks = _Marks(result)
    edits: list[tuple[Cell, str]] = []
    changes: list[Change] = []
    excused, without, reports = [], [], []
    for row in rows[1:]:
        if len(row) <= at or not "".join(cell.text for cell in row).strip() or _is_no_person(row):
            continue
        keys = list(_keys(titles, row, platform))
        who = keys[-1] if keys else row[0].text.strip()
        found = marks.find(keys)
        participant = _PARTICIPANT.fullmatch(row[0].text.strip())
        if platform == "moodle" and participant and found is not None and found.out:
            reports.append(Feedback(_moodle_folder(found, participant[1]), found.out))
        if found is None or not found.final:
            without.append(who)
        elif row[at].text.strip().upper() == _EXCUSED:
            excused.append(who)
        else:
            after = points(found.mark)
            if after != row[at].text.strip():
                changes.append(Change(who, row[at].text.strip(), after))
                edits.append((row[at], after))
            if feedback is not None and platform == "moodle" and len(row) > feedback and found.out:
                said = f"{points(found.mark)} of {points(found.points)} points"
                if row[feedback].text.strip() in ("", said):
                    edits.append((row[feedback], said))
    return Filled(
        data=_encoded(_edited(text, edits, separator), encoding, data),
        column=titles[at],
        changes=tuple(changes),
        excused=tuple(excused),
        unmatched=tuple(marks.unmatched()),
        without_mark=tuple(without),
        feedback=tuple(reports),
    )


def _moodle_folder(row: Row, participant: str) -> str:
    """Return the folder of a person's files; Moodle takes the number between the first two underscores."""
    name = " ".join(re.sub(r"[\W_]+", " ", row.name)[:60].split())
    return f"{name or 'Participant'}_{participant}_assignfeedback_file_"


class _Marks:
    """The rows of a class by what a sheet may call a person; a name that two people bear finds no one."""

    def __init__(self, result: ClassResult) -> None:
        self._by_key: dict[str, Row | None] = {}
        self._people: dict[str, list[str]] = {}
        self._found: set[str] = set()
        for row in result.students:
            for person in row.people:
                keys = {key for key in (_plain(one) for one in _names(person, row)) if key}
                self._people[person.name or person.id or row.folder] = sorted(keys)
                for key in keys:
                    self._by_key[key] = None if self._by_key.get(key, row) is not row else row

    def find(self, keys: Sequence[str]) -> Row | None:
        """Return the row of a person: by the first key that only this person has."""
        for key in keys:
            row = self._by_key.get(_plain(key))
            if row is not None:
                self._found.add(_plain(key))
                return row
        return None

    def unmatched(self) -> Iterator[str]:
        """Yield who was not found."""
        for person, keys in self._people.items():
            if not self._found & set(keys):
                yield person


def _names(person: Member, row: Row) -> Iterator[str]:
    yield from (person.id, person.email, person.email.partition("@")[0], person.name)
    first, _, last = person.name.rpartition(" ")
    if first:
        yield f"{last}, {first}"
    yield from person.further.values()
    if not row.others:
        yield row.folder


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _keys(titles: Sequence[str], row: Sequence[Cell], platform: str) -> Iterator[str]:
    if platform == "moodle" and (found := _PARTICIPANT.fullmatch(row[0].text.strip())):
        yield found[1]
    for title in _PEOPLE[platform]:
        if title in titles and titles.index(title) < len(row) and row[titles.index(title)].text.strip():
            yield row[titles.index(title)].text.strip()


def _is_no_person(row: Sequence[Cell]) -> bool:
    """Whether a row of Canvas is about the columns: their points, or that they are hidden."""
    return row[0].text.strip().lower() in ("points possible", "")


def _column(titles: Sequence[str], platform: str, wanted: str, result: ClassResult) -> int:
    if wanted:
        found = [n for n, title in enumerate(titles) if title == wanted or title.startswith(f"{wanted} (")]
        kind = f"called {wanted!r}"
    elif platform == "canvas":
        found = [n for n, title in enumerate(titles) if title.startswith(f"{result.assignment} (")]
        kind = f"called {result.assignment!r}"
    else:
        found = [n for n, title in enumerate(titles) if title in _GRADES]
        kind = "of grades"
    if len(found) == 1:
        return found[0]
    listed = [title for title in titles if platform == "moodle" or _ASSIGNMENT.fullmatch(title)]
    many = "no column" if not found else "several columns"
    raise UsageError(
        f"The sheet has {many} {kind}. Name one with --column; it has: {', '.join(listed) or 'none'}."
    )


def _rows(text: str, separator: str) -> Iterator[list[Cell]]:
    """Yield the cells of each row of CSV (RFC 4180), with their places."""
    row: list[Cell] = []
    at = 0
    while at < len(text):
        begin, quoted = at, text[at] == '"'
        if quoted:
            at += 1
            while (at := text.find('"', at)) >= 0 and text[at + 1 : at + 2] == '"':
                at += 2
            if at < 0:
                raise UsageError("The sheet ends within a quoted cell.")
        while at < len(text) and text[at] not in (separator, "\r", "\n"):
            at += 1
        said = text[begin:at]
        row.append(Cell(said.strip()[1:-1].replace('""', '"') if quoted else said, begin, at))
        if text[at : at + 1] == separator:
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append(Cell("", at, at))
            else:
                continue
        at += 2 if text[at : at + 2] == "\r\n" else 1
        yield row
        row = []


def _edited(text: str, edits: Sequence[tuple[Cell, str]], separator: str) -> str:
    pieces, at = [], 0
    for cell, said in sorted(edits, key=lambda edit: edit[0].begin):
        quoted = text[cell.begin : cell.begin + 1] == '"' or separator in said
        pieces += [text[at : cell.begin], f'"{said}"' if quoted else said]
        at = cell.end
    return "".join([*pieces, text[at:]])


def _decoded(data: bytes) -> tuple[str, str]:
    for encoding in _ENCODINGS:
        try:
            if encoding != "utf-16" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return encoding, data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("The sheet is not text that can be read; export it as CSV.")


def _encoded(text: str, encoding: str, before: bytes) -> bytes:
    if encoding == "utf-8-sig" and not before.startswith(_MARKS[encoding]):
        encoding = "utf-8"
    if encoding == "utf-16":
        big = before.startswith(b"\xfe\xff")
        return before[:2] + text.encode("utf-16-be" if big else "utf-16-le")
    return text.encode(encoding)
