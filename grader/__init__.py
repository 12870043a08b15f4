"""Grade PyTorch homework. Authors of an assignment need `Task`, and `Case` for annotations."""

from typing import TYPE_CHECKING, Any

from grader.task import Task

if TYPE_CHECKING:
    from grader.case import Case

__all__ = ["Case", "Task"]


def __getattr__(name: str) -> Any:
    # `Case` needs torch; the grading process does not, so it is imported on demand only.
    if name == "Case":
        from grader.case import Case

        return Case
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
