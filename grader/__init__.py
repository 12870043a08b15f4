"""Grade PyTorch homework. Authors of an assignment need `Task` and `Plot`, and `Case` to annotate."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.authoring.case import Case
    from grader.authoring.task import Plot, Task

__all__ = ["Case", "Plot", "Task"]

_HOMES = {"Case": "grader.authoring.case", "Plot": "grader.authoring.task", "Task": "grader.authoring.task"}


def __getattr__(name: str) -> Any:
    # `Case` needs torch and the grading process does not: each is imported when it is asked for.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
