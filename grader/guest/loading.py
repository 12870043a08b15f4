"""Loading of the worker: its modules with their own builtins, and the writer of its answers."""

import builtins
import importlib.util
import os
import sys
from collections.abc import Callable
from types import ModuleType

# In the order of their imports: a module must be loaded before one that imports it.
_OURS = (
    "errors",
    "values",
    "wire",
    "authoring.task",
    "authoring.case",
    "authoring.layers",
    "authoring.seeds",
    "authoring.shared_checks",
    "guest.forbid",
    "guest.own_files",
    "guest.allowed_imports",
    "guest.importing",
    "guest.blame",
    "guest.starting_state",
    "guest.observing",
    "guest.declared",
    "guest.worker",
)


def writer(answers: int) -> Callable[[bytes], None]:
    """Return a function that writes all of its argument to the descriptor `answers`."""

    def send(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(answers, view) :]

    return send


def import_worker() -> ModuleType:
    """Import the modules that share a process with a student's program, with their own copy of builtins.

    A submission that replaces `builtins.sum` then affects only itself.
    """
    own = dict(vars(builtins))
    for name in _OURS:
        spec = importlib.util.find_spec(f"grader.{name}")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        vars(module)["__builtins__"] = own
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["grader.guest.worker"]
