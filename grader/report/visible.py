"""Makes text that came from a stranger safe to look at: nothing hidden in it, nothing endless."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but a part of emoji and of Persian and Indic words."""


def visible(text: str) -> str:
    """Return `text` with a code for whatever moves a cursor, turns the writing or cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text.replace("\r\n", "\n")))


def _visible(character: str) -> str:
    if character.isprintable() or character in "\n\t" or character in _JOINERS:
        return character
    # Spaces of other widths are not printable to Python, and harmless.
    return " " if unicodedata.category(character) == "Zs" else f"⟨U+{ord(character):04X}⟩"


def cut(text: str, limit: int) -> str:
    """Return the beginning of `text`, and how much is missing where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({len(text) - limit} more characters)"
