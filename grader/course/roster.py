"""Reads the roster of a class: which folder is whose."""

import csv
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.submission.loader import printable

_NEEDED = ("id", "name", "email", "folder")


@dataclass(frozen=True)
class Person:
    """A line of the roster."""

    id: str
    name: str
    email: str
    folder: str
    columns: Mapping[str, str]
    """The whole line."""


@dataclass(frozen=True)
class Matched:
    """Folders and people brought together."""

    people: dict[str, Person]
    """By the name of the folder."""
    missing: tuple[Person, ...]
    """People without a folder."""
    unknown: tuple[str, ...]
    """Folders that belong to no person in the roster."""


def read_roster(path: Path) -> tuple[Person, ...]:
    """Return the people in a CSV file with the columns id, name, email, folder; more may follow.

    Commas or semicolons separate them. Raises `UsageError` that names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    first = text.partition("\n")[0]
    lines = csv.reader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        header = [cell.strip().lower() for cell in next(lines, [])]
        absent = [name for name in _NEEDED if name not in header]
        if absent:
            raise UsageError(f"{path}: the first line lacks the column {', '.join(absent)}.")
        people = [_person(path, lines.line_num, header, line) for line in lines if any(line)]
    except csv.Error as error:
        raise UsageError(f"{path}, line {lines.line_num}: {error}.") from None
    for column in ("id", "folder"):
        seen: set[str] = set()
        for person in people:
            value = same(person.id) if column == "id" else person.folder
            if value in seen:
                raise UsageError(f"{path}: the {column} {person.columns[column]!r} is there twice.")
            seen |= {value} - {""}
    return tuple(people)


def join(people: Sequence[Person], folders: Sequence[str]) -> Matched:
    """Bring `people` and the names of `folders` together.

    No person has two folders. A name that is spelt as in the roster belongs to that person; a name that
    is spelt in another way does so only if there is no doubt.
    """
    spelt = {person.folder: person for person in people if person.folder}
    like = {same(folder): person for folder, person in spelt.items()}
    count = Counter(map(same, folders)) + Counter(map(same, spelt))
    found = {}
    for folder in folders:
        person = like.get(same(folder)) if count[same(folder)] == 2 else spelt.get(folder)
        if person and folders.count(folder) == 1:
            found[folder] = person
    there = {person.id for person in found.values()}
    return Matched(
        found,
        tuple(person for person in people if person.id not in there),
        tuple(folder for folder in folders if folder not in found),
    )


def same(name: str) -> str:
    """Return a name as it is compared: as it is shown, and an é in one piece or in two is the same."""
    return unicodedata.normalize("NFC", printable(name))


def _person(path: Path, number: int, header: Sequence[str], line: Sequence[str]) -> Person:
    if len(line) > len(header):
        raise UsageError(f"{path}, line {number}: there are more cells than columns.")
    cells = [cell.strip() for cell in line] + [""] * (len(header) - len(line))
    columns = dict(zip(header, cells, strict=True))
    if not columns["id"]:
        raise UsageError(f"{path}, line {number}: the id is missing.")
    return Person(columns["id"], columns["name"], columns["email"], columns["folder"], columns)
