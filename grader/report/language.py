"""The language that a report speaks: English, or another one of the catalogues in `locale`.

English is the source: an English text is the key of its translation, and what has none stays English. A
catalogue is a `.po` file, and beside it the `.mo` file that is made from it (`nox -s translations`).

The language holds for a block, `with speaking("de"):`, in which renderers are called. It is a context
variable because each sentence asks for it, deep in templates and formats; another thread starts in English.
"""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
SOURCE = "en"
CODES = (SOURCE, *sorted(path.name for path in LOCALE.iterdir() if path.is_dir()))
"""The languages that a report can speak."""


@dataclass(frozen=True)
class _Language:
    code: str = SOURCE
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    authors: Mapping[str, str] = field(default_factory=dict)


_ENGLISH = _Language()
_spoken: ContextVar[_Language] = ContextVar("language", default=_ENGLISH)


@contextmanager
def speaking(code: str, authors: Mapping[str, str] | None = None) -> Iterator[None]:
    """Have all texts in this block be in a language; `authors` are the translations of an author's texts."""
    catalogue = gettext.translation("grader", LOCALE, [code], fallback=True)
    before = _spoken.set(_Language(code, catalogue, authors or {}))
    try:
        yield
    finally:
        _spoken.reset(before)


def code() -> str:
    """Return the code of the language that is spoken."""
    return _spoken.get().code


def _(text: str) -> str:
    """Return a text of ours in the language that is spoken."""
    # The empty text is the key of the catalogue's own description.
    return _spoken.get().catalogue.gettext(text) if text else text


def authors(text: str) -> str:
    """Return an author's text in the language that is spoken, with or without its full stop."""
    known = _spoken.get().authors
    if text in known:
        return known[text]
    if f"{text}." in known:
        return known[f"{text}."].rstrip(".")
    return text


def decimal(number: str) -> str:
    """Return a number that is read as a part of a sentence, with the mark of the language."""
    return number.replace(".", _("."), 1)
