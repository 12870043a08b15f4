"""Libraries besides torch and NumPy that an assignment allows: `libraries = ["einops"]`.

This module imports little, because the sandbox that these are bound into should start first.
"""

import importlib.metadata
import tomllib
from collections.abc import Iterable
from pathlib import Path

from grader.errors import AssignmentError


def libraries_of(folder: Path | None) -> tuple[str, ...]:
    """Return what `assignment.toml` names; nothing if it cannot be read, which its reader tells later."""
    if folder is None:
        return ()
    try:
        named = tomllib.loads((folder / "assignment.toml").read_text("utf-8")).get("libraries")
    except (OSError, ValueError):
        return ()
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def refuse_missing(path: Path, libraries: Iterable[str]) -> None:
    """Raise `AssignmentError` for a library that is not installed; `path` is that of `assignment.toml`."""
    for name in libraries:
        try:
            importlib.metadata.distribution(name)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            raise AssignmentError(
                f"{path}: libraries names {name!r}, which is not installed beside the grader; "
                f"`pip install {name}` there, or leave it out"
            ) from None
