"""Translations of an assignment: what its author wrote in English, in another language.

They stand beside it, in `translations/de.toml`: an English title or hint, and what it is in German. What is
not there stays as the author wrote it.
"""

import tomllib
from pathlib import Path

from grader.errors import AssignmentError

FOLDER = "translations"


def read_translations(folder: Path, language: str) -> dict[str, str]:
    """Return the translations of the assignment in `folder`; none if there is no file for `language`.

    Raises `AssignmentError` if the file is not a list of texts.
    """
    path = folder / FOLDER / f"{language}.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:  # no TOML, or not UTF-8
        raise AssignmentError(f"{path}: {problem}") from None
    for text, translated in found.items():
        if not isinstance(translated, str):
            raise AssignmentError(f"{path}: the translation of {text!r} should be a text")
    return found
