"""Reads the roster of a class, as spreadsheets and platforms write it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.identity import same
from grader.course.tables import Line, read_table, without_empty_end
from grader.errors import UsageError
from grader.suggestions import nearest

_COLUMNS: Mapping[str, str] = {
    "id": """
        id studentid studentnumber studentno sid sisuserid idnumber matriculationnumber
        matrikelnummer matrikel matrnr matnr idnummer numerodidentification numeroetudiant
        numerodeid numerodeidentificacion matricola matricula studentnummer studienummer
        sisloginid loginid login username userid user netid uid kennung benutzername anmeldename
        nomdutilisateur nombredeusuario githubusername github identifier
        """,
    "email": """
        email emailaddress mail emailadresse mailadresse adressedecourriel courriel adresseemail
        correo correoelectronico direcciondecorreo direcciondeemail indirizzoemail
        enderecodeemail emailadres
        """,
    "name": """
        name fullname student studentname displayname vollstandigername nomcomplet
        nombrecompleto nomecompleto volledigenaam naam nombre nom nome
        """,
    "first": "firstname givenname first vorname prenom voornaam nombres",
    "last": """
        lastname surname familyname last nachname familienname nomdefamille apellidos apellido
        apellidoapellidos cognome sobrenome apelido achternaam
        """,
    "folder": "folder directory ordner verzeichnis dossier carpeta cartella map pasta",
    "group": "group groupname team teamname pair gruppe gruppenname groupe grupo gruppo groep",
}
"""Headers by what they mean, the best first, in lower case, without accents, spaces and signs."""
_SUMS = "points possible"
"""What Canvas calls the second line of its gradebook, which is no student."""


@dataclass(frozen=True)
class Person:
    """A line of the roster, or a person that a download names."""

    id: str
    name: str
    email: str
    folder: str
    columns: Mapping[str, str]
    """The whole line, by header."""
    group: str = ""
    ids: tuple[str, ...] = ()
    """Other ids, as a login."""
    line: int = 0
    """In the file of the roster."""
    further: Mapping[str, str] = field(default_factory=dict)
    """The columns that mean nothing to the grader."""

    def __str__(self) -> str:
        """Return name and id."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id

    def column(self, name: str) -> str | None:
        """Return a cell by its header without regard to case, None if there is no such column."""
        found = {header.casefold(): header for header in self.columns}.get(name.strip().casefold())
        return None if found is None else self.columns[found]


@dataclass(frozen=True)
class Roster:
    """The people of a class, as a file lists them."""

    path: Path
    people: tuple[Person, ...]
    further: tuple[str, ...] = ()
    """Headers of the columns that mean nothing to the grader, in their order."""

    def place(self, person: Person) -> str:
        """Return where a person is listed."""
        return f"{self.path}, line {person.line}"


def read_roster(path: Path) -> Roster:
    """Return the people in a CSV file, as spreadsheets and platforms write it; see docs/class.md.

    Raises `UsageError` that names the line.
    """
    first, *lines = read_table(path) or [Line(1, ())]
    header = without_empty_end(first.cells)
    meaning = _meaning(path, first.number, header)
    people = [
        _person(path, header, meaning, line)
        for line in lines
        if _cell(line, meaning, "name").lower() != _SUMS
    ]
    for person in people:
        twice = next((other for other in people if same(other.id) == same(person.id)), person)
        if twice is not person:
            raise UsageError(
                f"{path}: the id {person.id!r} is there twice: line {twice.line} ({twice.name}) "
                f"and line {person.line} ({person.name})."
            )
    used = {
        place for name, place in meaning.items() if name in ("id", "name", "email", "folder", "first", "last")
    }
    further = tuple(title for place, title in enumerate(header) if title and place not in used)
    return Roster(path, tuple(people), further)


def _meaning(path: Path, number: int, header: Sequence[str]) -> dict[str, int]:
    """Return the places of the columns by what they mean."""
    titles = [_plain(title) for title in header]
    for place, title in enumerate(titles):
        if title and title in titles[:place]:
            raise UsageError(f"{path}, line {number}: the column {header[place]!r} is there twice.")
    found = {}
    for meaning, headers in _COLUMNS.items():
        places = [titles.index(title) for title in headers.split() if title in titles]
        if places:
            found[meaning] = places[0]
    if not {"id", "email", "folder"} & {*found}:
        known = " ".join(_COLUMNS.values()).split()
        near = next((one for one in titles if one and nearest(one, known)), "")
        hint = f" Is {header[titles.index(near)]!r} meant to be {nearest(near, known)!r}?" if near else ""
        raise UsageError(
            f"{path}, line {number}: the first line lacks a column that says who is who: "
            "id, email or folder. "
            f"It has {', '.join(filter(None, header)) or 'none'}.{hint}"
        )
    return found


def _plain(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title).casefold()
    return "".join(c for c in decomposed if c.isalnum())


def _cell(line: Line, meaning: Mapping[str, int], name: str) -> str:
    place = meaning.get(name)
    return line.cells[place] if place is not None and place < len(line.cells) else ""


def _person(path: Path, header: Sequence[str], meaning: Mapping[str, int], line: Line) -> Person:
    cells = without_empty_end(line.cells)
    cells += [""] * (len(header) - len(cells))

    def cell(name: str) -> str:
        return _cell(line, meaning, name)

    name = cell("name")
    if not name or "name" not in meaning:
        name = " ".join(filter(None, (cell("first"), cell("last")))) or name
    elif cell("first") and "last" not in meaning:
        name = f"{cell('first')} {name}"  # French and Italian lists: Prénom, Nom
    who = f" ({name})" if name else ""
    if len(cells) > len(header):
        raise UsageError(
            f"{path}, line {line.number}: there are more cells than columns{who}. "
            "Put quotation marks around a cell that holds a separator."
        )
    if "id" in meaning and _plain(header[meaning["id"]]) == "id" and not cell("id"):
        raise UsageError(f"{path}, line {line.number}: the id is missing{who}.")
    by_header = {title: text for title, text in zip(header, cells, strict=True) if title}
    ids = [
        text
        for title, text in by_header.items()
        if text and _plain(title) in (_COLUMNS["id"] + _COLUMNS["email"]).split()
    ]
    found = cell("id") or next(iter(ids), "") or cell("folder")
    if not found:
        raise UsageError(f"{path}, line {line.number}: an id, an e-mail address or a folder is missing{who}.")
    used = {header[place] for key, place in meaning.items() if key != "group"}
    return Person(
        id=found,
        name=name,
        email=cell("email"),
        folder=cell("folder").rstrip("/\\"),
        columns=by_header,
        group=cell("group"),
        ids=tuple(one for one in ids if one != found),
        line=line.number,
        further={title: text for title, text in by_header.items() if title not in used},
    )
