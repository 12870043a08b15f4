"""Refusal of libraries that a task does not allow: `allow_imports`.

Python's own modules and the files of the submission are always allowed. It is about what a program says it
uses: a program can still reach a module that is loaded without importing it.
"""

import builtins
import difflib
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from grader.errors import AssignmentError, ForbiddenImport
from grader.guest.own_files import relative


def check(allowed: Sequence[str]) -> None:
    """Raise `AssignmentError` for a name in `allow_imports` that is no library in here."""
    for name in allowed:
        if name.isidentifier() and (name in sys.modules or importlib.util.find_spec(name) is not None):
            continue
        known = {one for one in sys.modules if one.isidentifier() and not one.startswith("_")}
        near = difflib.get_close_matches(name.partition(".")[0], sorted(known), n=1, cutoff=0.7)
        hint = f"; is {near[0]!r} what you mean?" if near else ""
        raise AssignmentError(f"allow_imports: {name!r} is not a library that is installed{hint}")


def allow_only(allowed: Sequence[str], home: str) -> None:
    """Let files below `home` import nothing but `allowed`, each other, and Python's own modules."""
    free = {*allowed, *sys.stdlib_module_names}
    through, through_module = builtins.__import__, importlib.import_module

    def look(name: str) -> None:
        """Raise `ForbiddenImport` if the student's code, two calls up, imports a library by `name`."""
        top = name.partition(".")[0]
        if top in free or not relative(sys._getframe(2).f_code.co_filename, home):
            return
        module = sys.modules.get(top)
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
        if module is not None and not any(place and relative(place, home) for place in places):
            what = ", ".join(f"`{one}`" for one in allowed) or "nothing"
            raise ForbiddenImport(
                f"`{top}` may not be imported; besides Python's own modules, {what} may be."
            )

    # The names of the arguments are Python's: a program may use them.
    def importing(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        found = through(name, globals, locals, fromlist or (), level)
        if not level:
            look(name)
        return found

    def import_module(name: str, package: str | None = None) -> ModuleType:
        found = through_module(name, package)
        if not name.startswith("."):
            look(name)
        return found

    builtins.__import__ = importing
    importlib.import_module = import_module
