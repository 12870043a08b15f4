"""Fills one column of a sheet that a platform exported, and keeps every other byte of it.

A gradebook is never made from nothing: the platform reads back only the sheet that it wrote, with its own
ids, in its own language. So the marks of a class go into a copy of that sheet.

Canvas: `Student`, `ID`, `SIS User ID`, `SIS Login ID`, …, then a column per assignment, `Homework 3 (1234)`;
the row `Points Possible` follows the titles, and `EX` excuses a student. Moodle: the first column is a word
and a number (`Participant 1234`, in the language of the site), `Grade` and `Feedback comments` are columns.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
_NAMES = ("Student", "Full name")
"""Those of the columns that hold a name, which two people may bear."""
_LOGINS = ("login", "username", "user")
"""What a roster of one's own may call the login of a platform."""
_OF_A_DOWNLOAD = re.compile(r"(.+)_(\d+)(?: \(\w+\))?")
"""A folder of Moodle or Canvas: who, the platform's own number of the person, and what keeps two apart."""
_OURS = re.compile(r"[\d.]+ of [\d.]+ points")
"""A comment that was written here before."""


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
    unclear: tuple[str, ...]
    """People in the sheet who may be several of the class, or whom several lines mean; they get no mark."""
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
    people = [
        row
        for row in rows[1:]
        if len(row) > at and "".join(cell.text for cell in row).strip() and not _is_no_person(row)
    ]
    marks = _Marks(result, titles, platform)
    matched, doubtful = marks.find([list(_keys(titles, row, platform)) for row in people])
    edits: list[tuple[Cell, str]] = []
    changes: list[Change] = []
    excused, without, reports, unclear = [], [], [], []
    for number, (row, found) in enumerate(zip(people, matched, strict=True)):
        who = _called(titles, row, platform)
        participant = _PARTICIPANT.fullmatch(row[0].text.strip())
        if platform == "moodle" and participant and found is not None and found.out:
            reports.append(Feedback(_moodle_folder(found, participant[1]), found.out))
        if number in doubtful:
            unclear.append(who)
        elif found is None or not found.final or found.problem is not None:
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
                before = row[feedback].text.strip()
                if not before or _OURS.fullmatch(before):
                    edits.append((row[feedback], said))
    return Filled(
        data=_encoded(_edited(text, edits, separator), encoding, data),
        column=titles[at],
        changes=tuple(changes),
        excused=tuple(excused),
        unmatched=tuple(marks.unmatched()),
        without_mark=tuple(without),
        unclear=tuple(unclear),
        feedback=tuple(reports),
    )


def _moodle_folder(row: Row, participant: str) -> str:
    """Return the folder of a person's files; Moodle takes the number between the first two underscores."""
    name = " ".join(re.sub(r"[\W_]+", " ", row.name)[:60].split())
    return f"{name or 'Participant'}_{participant}_assignfeedback_file_"


_Key = tuple[str, str]
"""As what somebody is called, and how: "id", "name", or "number", which only one platform knows."""


class _Marks:
    """The people of a class by what a sheet may call them; what two of them are called finds no one."""

    def __init__(self, result: ClassResult, titles: Sequence[str], platform: str) -> None:
        columns = {title.casefold() for title in (*_PEOPLE[platform], titles[0])} | {*_LOGINS}
        self._people = [(row, person) for row in result.students for person in row.people]
        self._by_key: dict[_Key, list[int]] = {}
        self._found: set[int] = set()
        for number, (row, person) in enumerate(self._people):
            for key in {(kind, _plain(text)) for kind, text in _names(person, row, columns) if _plain(text)}:
                self._by_key.setdefault(key, []).append(number)

    def find(self, everybody: Sequence[Sequence[_Key]]) -> tuple[list[Row | None], set[int]]:
        """Return the row of the class for each row of a sheet, and the numbers of those that leave a doubt.

        All keys of a row have to mean one person, and no other row may mean the same one, or only by a name.
        """
        fits = [self._fitting(keys) for keys in everybody]
        doubtful = {number for number, (surely, maybe) in enumerate(fits) if len(surely | maybe) > 1}
        sure = Counter(person for surely, _ in fits for person in surely)
        named = Counter(person for surely, maybe in fits for person in maybe - surely)
        matched: list[Row | None] = []
        for number, (surely, maybe) in enumerate(fits):
            for person in surely | maybe:
                others = sure[person] - (person in surely)
                if person not in surely:
                    others += named[person] - 1
                if others:
                    doubtful.add(number)
            if surely | maybe and number not in doubtful:
                (only,) = surely | maybe
                self._found.add(only)
                matched.append(self._people[only][0])
            else:
                matched.append(None)
        return matched, doubtful

    def _fitting(self, keys: Iterable[_Key]) -> tuple[set[int], set[int]]:
        """Return the people that ids of a row mean, and those that its names mean."""
        surely, maybe = set[int](), set[int]()
        for kind, text in keys:
            people = self._by_key.get((kind, _plain(text)), [])
            if len(people) == 1:
                (maybe if kind == "name" else surely).update(people)
        return surely, maybe

    def unmatched(self) -> Iterator[str]:
        """Yield who was not found."""
        for number, (row, person) in enumerate(self._people):
            if number not in self._found:
                yield person.name or person.id or row.folder


def _names(person: Member, row: Row, columns: Iterable[str]) -> Iterator[_Key]:
    """Yield what a sheet may call a person; of the roster's other columns, those that a sheet has as well."""
    further = {title.casefold(): text for title, text in person.further.items()}
    for text in (person.id, person.email, person.email.partition("@")[0], *map(further.get, columns)):
        yield "id", text or ""
    yield "name", person.name
    first, _, last = person.name.rpartition(" ")
    if first:
        yield "name", f"{last}, {first}"
    if {"SIS User ID", "SIS Login ID"} & {*person.further}:
        yield "number", person.id  # the roster is a gradebook of Canvas
    if not row.others:
        yield "id", row.folder
        yield "name", row.folder
        found = _OF_A_DOWNLOAD.fullmatch(row.folder)
        if found and _letters(found[1]) == _letters(person.name):
            yield "number", found[2]


def _letters(name: str) -> list[str]:
    """Return the letters of a name in their order in the alphabet: Canvas writes `doejane` for Jane Doe."""
    return sorted(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def _keys(titles: Sequence[str], row: Sequence[Cell], platform: str) -> Iterator[_Key]:
    first = row[0].text.strip()
    if platform == "moodle" and (found := _PARTICIPANT.fullmatch(first)):
        yield "number", found[1]
        yield "id", first  # the roster may be the same sheet
    for title in _PEOPLE[platform]:
        if title in titles and titles.index(title) < len(row):
            kind = "name" if title in _NAMES else "number" if title == "ID" else "id"
            yield kind, row[titles.index(title)].text.strip()


def _called(titles: Sequence[str], row: Sequence[Cell], platform: str) -> str:
    """Return what an instructor calls a person of a sheet: the last of the columns that has something."""
    keys = [text for _, text in _keys(titles, row, platform) if text]
    return keys[-1] if keys else row[0].text.strip()


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
