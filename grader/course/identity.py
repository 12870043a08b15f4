"""Who handed something in, as far as names and metadata of a download say."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.submission.loader import printable


@dataclass(frozen=True)
class Identity:
    """A person as a platform names them; each field may be empty."""

    name: str = ""
    id: str = ""
    """An id or a login that people know, as a student number."""
    email: str = ""
    number: str = ""
    """The platform's own number of a person, which is unique in a download."""


@dataclass(frozen=True)
class HandedIn:
    """What one person or one group handed in."""

    folder: Path
    name: str
    """The name of the folder, or what it would be called."""
    authors: tuple[Identity, ...] = ()
    """Empty if only the name of the folder is known."""
    time: datetime | None = None
    """When, as the platform says."""
    marked_late: bool = False
    """Whether the platform marks it as late."""
    attempt: int = 0
    """The number of the attempt, if it is known."""
    problem: str = ""
    """Why it cannot be read."""
    notes: tuple[str, ...] = field(default=())
    """Sentences about what was left out."""


def of_folder(folder: Path) -> HandedIn:
    """Return what lies in a folder that only its name tells about."""
    return HandedIn(folder, folder.resolve().name)


def same(name: str) -> str:
    """Return a name as it is compared: as it is shown, and an é in one piece or in two is the same."""
    return unicodedata.normalize("NFC", printable(name))


def folded(name: str) -> str:
    """Return a name as it is compared without regard to case."""
    return same(name).casefold()


def words(name: str) -> list[str]:
    """Return the words of a name without accents and without regard to case."""
    plain = unicodedata.normalize("NFKD", printable(name))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold().replace("ß", "ss")
    return re.findall(r"[^\W_]+", plain)


def spellings(name: str) -> Iterator[str]:
    """Yield the ways to write a name in one piece: `Jane Doe` is janedoe, doejane, and `doe jane`."""
    parts = words(name)
    yield " ".join(sorted(parts))
    for place in range(len(parts)):
        yield "".join(parts[place:] + parts[:place])
