"""Makes text that came from a stranger safe to look at: nothing hidden in it, nothing endless."""

import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but a part of emoji and of Persian and Indic words."""


def visible(text: str) -> str:
    """Return `text` with a code for whatever moves a cursor, turns the writing or cannot be seen."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_visible, line)) for line in lines)


def _visible(character: str) -> str:
    if character.isprintable() or character == "\t" or character in _JOINERS:
        return character
    # Spaces of other widths are not printable to Python, and harmless.
    return " " if unicodedata.category(character) == "Zs" else f"⟨U+{ord(character):04X}⟩"


def cut(text: str, limit: int) -> str:
    """Return the beginning of `text`, and how much is missing where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({len(text) - limit} more characters)"
