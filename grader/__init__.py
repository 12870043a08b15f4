"""Grade PyTorch homework. Authors of an assignment need `Task` and `Plot`, and `Case` to annotate."""

# Nothing is imported at the top: of `python -m grader` this runs while the working directory, in which
# strangers' files may lie, is still where Python imports from.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from grader.authoring.case import Case
    from grader.authoring.task import Plot, Task

__all__ = ["Case", "Plot", "Task"]

_HOMES = {"Case": "grader.authoring.case", "Plot": "grader.authoring.task", "Task": "grader.authoring.task"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    # `Case` needs torch and the grading process does not: each is imported when it is asked for.
    if name in _HOMES:
        found: object = getattr(import_module(_HOMES[name]), name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
