"""What changes between two gradings of a class."""

from grader.results.message import Message, Record
from grader.results.report import Lateness, Verdict


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
    """The title of the known mistake; empty if none is known."""
    mistake_after: str = ""
    decided: str = ""
    """The reason, or the name, if a person decided it; empty if the machine did."""


class SlipChange(Record):
    """A slip whose price changes, in a task whose score changes."""

    task: str
    title: str
    before: float | None
    """The price; None if nothing was judged given the slip."""
    after: float | None


class WholeTask(Record):
    """A task about whose points a person decided as a whole, before or after."""

    task: str
    change: float
    """Points won; negative for points lost."""
    decided: str
    """The reason, or the name; empty if nothing is decided any more."""


class MarkChange(Record):
    """A student whose marks change."""

    folder: str
    id: str
    name: str
    before: float
    after: float
    causes: tuple[Cause, ...]
    whole_tasks: tuple[WholeTask, ...] = ()
    slips: tuple[SlipChange, ...] = ()
    other_files: bool
    """Whether the submission itself changed."""
    late_before: Lateness | None = None
    late_after: Lateness | None = None

    @property
    def change(self) -> float:
        """Points won; negative for points lost."""
        return round(self.after - self.before, 6)

    @property
    def late_days_change(self) -> bool:
        """Whether other days are late, or cost another share."""
        return _cost(self.late_before) != _cost(self.late_after)


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


def _cost(late: Lateness | None) -> tuple[int, float]:
    return (0, 0.0) if late is None else (late.days, late.percent)
