"""What changes between two gradings of a class."""

from grader.results.message import Message, Record
from grader.results.report import Verdict


class Cause(Record):
    """A check whose verdict or score changes."""

    task: str
    check: str
    title: str
    before: Verdict | None
    """None if there was no such check."""
    after: Verdict | None
    change: float
    """Points won; negative for points lost."""
    mistake_before: str = ""
    mistake_after: str = ""


class SlipChange(Record):
    """A slip whose price changes, in a task whose score changes."""

    task: str
    title: str
    before: float | None
    """The price; None if nothing was judged given the slip."""
    after: float | None


class MarkChange(Record):
    """A student whose marks change."""

    folder: str
    id: str
    name: str
    before: float
    after: float
    causes: tuple[Cause, ...]
    slips: tuple[SlipChange, ...] = ()
    other_files: bool
    """Whether the submission itself changed."""

    @property
    def change(self) -> float:
        """Points won; negative for points lost."""
        return round(self.after - self.before, 6)


class Regrade(Record):
    """Two gradings side by side."""

    assignment: str
    differences: tuple[Message, ...]
    """Settings that are not the same."""
    students: int
    """How many are in both."""
    changes: tuple[MarkChange, ...]
    """The largest changes first; at the end those whose verdicts change but not their score."""
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def marks_change(self) -> bool:
        """Whether a mark changes."""
        return any(change.change for change in self.changes)
