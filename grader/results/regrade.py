"""What changes between two gradings of a class."""

from grader.results.report import Record, Verdict


class Cause(Record):
    """A check whose verdict or score is another one."""

    task: str
    check: str
    title: str
    before: Verdict | None
    """None where there was no such check."""
    after: Verdict | None
    change: float
    """Points won; lost where it is negative."""
    mistake_before: str = ""
    mistake_after: str = ""


class MarkChange(Record):
    """A student whose marks change."""

    folder: str
    id: str
    name: str
    before: float
    after: float
    causes: tuple[Cause, ...]
    other_files: bool
    """Whether the submission itself is another one."""

    @property
    def change(self) -> float:
        """Points won; lost where it is negative."""
        return round(self.after - self.before, 6)


class Regrade(Record):
    """Two gradings side by side."""

    assignment: str
    differences: tuple[str, ...]
    """What else is not the same, in words."""
    students: int
    """Who is in both."""
    changes: tuple[MarkChange, ...]
    """The most affected first; then those whose verdicts change and whose score does not."""
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def marks_change(self) -> bool:
        """Whether anybody's mark is another one."""
        return any(change.change for change in self.changes)
