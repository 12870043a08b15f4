"""The starter: a small complete assignment that an author can build on."""

import shutil
from pathlib import Path

from grader.errors import UsageError
from grader.untrusted_files import refuse_links

_STARTER = Path(__file__).resolve().parent / "starter_files"


def write_assignment(folder: Path) -> None:
    """Copy the starter into `folder`, which must be new or empty. Raises `UsageError`."""
    try:
        refuse_links(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} is there already and not empty; name a new folder.")
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_STARTER, folder, ignore=ignored, dirs_exist_ok=True)
    except shutil.Error as error:  # what went wrong with each file; it has no `strerror` of its own
        raise UsageError(f"{folder} cannot be written to: {error.args[0][0][2]}.") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.") from None
