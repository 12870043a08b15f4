"""Makes text that came from a stranger safe to look at: nothing hidden in it, nothing endless."""

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Invisible, but a part of emoji and of Persian and Indic words."""
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks to Unicode, and yet nothing to see: a name of them alone would be empty."""


def visible(text: str) -> str:
    """Return `text` with a code for whatever moves a cursor, turns the writing or cannot be seen."""
    if "\n" not in text:
        return _visible_line(text)
    return "\n".join(map(_visible_line, text.replace("\r\n", "\n").split("\n")))


def without_commands(text: str) -> str:
    """Return `text` without what Azure obeys anywhere in a line: `##[…]` and `##vso[…]`."""
    return re.sub(r"##(?=vso\[|\[)", "# #", text)


def _visible_line(line: str) -> str:
    if line.isprintable() and (line.isascii() or not _BLANK.search(line)):
        return line
    return "".join(map(_visible, line))


def _visible(character: str) -> str:
    if is_blank(character):
        return _code(character)
    if character.isprintable() or character == "\t" or character in _JOINERS:
        return character
    # Spaces of other widths are not printable to Python, and harmless.
    return " " if unicodedata.category(character) == "Zs" else _code(character)


def is_blank(character: str) -> bool:
    """Whether a character that counts as printable shows nothing."""
    return _BLANK.match(character) is not None


def _code(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def cut(text: str, limit: int) -> str:
    """Return the beginning of `text`, and how much is missing where it is longer than `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({len(text) - limit} more characters)"
