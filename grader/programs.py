"""Starting of programs without anything from the working directory, which may hold a stranger's files.

At the top this module imports only what Python has loaded already: `__main__` calls `import_path` before it
imports anything else.
"""

import os
import sys

import grader

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(grader.__file__)))
"""The folder that this package lies in."""
_IMPORT = "import sys, json; sys.path[:] = json.loads(sys.argv.pop(1)); "


def import_path() -> list[str]:
    """Return `sys.path` without the working directory, however it is spelled.

    The folder of this package keeps its place or comes last: it is as trusted as the package.
    """
    kept = []
    for entry in sys.path:
        if _same(entry or os.curdir, _HOME):
            kept.append(_HOME)
        elif os.path.isabs(entry) and not _same(entry, os.curdir):
            kept.append(entry)
    return kept if _HOME in kept else [*kept, _HOME]


def python(program: str, *arguments: str) -> list[str]:
    """Return the command that runs `program` in a new Python process with our `import_path`.

    -I ignores the working directory and the environment until the program has set that path.
    """
    import json  # not at the top, see there

    return [sys.executable, "-I", "-c", _IMPORT + program, json.dumps(import_path()), *arguments]


def search_path() -> str:
    """Return PATH without the entries that depend on the working directory."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if os.path.isabs(entry) and not _same(entry, os.curdir))


def find(name: str, path: str | None = None) -> str | None:
    """Return the full path of a program in `path`, by default in `search_path`; None if there is none."""
    import shutil  # not at the top, see there

    found = shutil.which(name, path=search_path() if path is None else path)
    # Windows searches the working directory anyway.
    return found if found and os.path.isabs(found) else None


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # it does not exist, or is not a path
        return False
