"""Where the pages get reports from, and where decisions go: a folder here, a database in the service."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from grader.course.deciding import GradedClass
from grader.course.decision_file import read_questions
from grader.course.regrade import read_class
from grader.errors import UsageError
from grader.judging.deciding import undecided
from grader.results.course import Row
from grader.results.decisions import Decision
from grader.results.report import Report
from grader.results.rubric import Question

Condition = Callable[[Sequence[Decision]], None]
_Stamp = tuple[int, int, int] | None


class Decisions(Protocol):
    """Decisions that are only added."""

    def read(self) -> Sequence[Decision]:
        """Return all decisions in their order."""

    def append(self, decisions: Sequence[Decision], condition: Condition) -> None:
        """Add decisions, and return once they are stored for good.

        `condition` is asked about those that are there, while no other can be added; what it raises is passed
        on, and nothing is stored.
        """


class Reports(Protocol):
    """What the machine found, for a whole class."""

    def questions(self) -> Sequence[Question]:
        """Return the questions in words, with their rubrics."""

    def reports(self) -> Sequence[Report]:
        """Return the reports, without decisions, in the order of the class."""

    def people(self, submission: str) -> str:
        """Return who handed a submission in."""


About = tuple[str, str]
"""A task and one of its questions; the question is empty for a task of code."""


@dataclass(frozen=True)
class Looked:
    """What a page is told that said which answer it shows."""

    answer: str
    """The answer that it shows from now on; empty if others look at all that it could show."""
    others: Mapping[str, Sequence[str]]
    """By answer: who else is looking at it."""


class Colleagues(Protocol):
    """Who else reviews the class."""

    def own(self) -> Set[About]:
        """Return what the reviewer is to decide about, nothing if graders were not assigned."""

    def graders(self) -> Mapping[About, Sequence[str]]:
        """Return the names of those who are to decide, by what it is about."""

    def looking(self) -> Mapping[About, Sequence[str]]:
        """Return the names of others who are looking at answers now, by what these are about."""

    def calibrations(self) -> Sequence[tuple[str, str]]:
        """Return calibrations that wait for the reviewer: address and words."""

    def look(self, about: About, at: str, choose: Sequence[str]) -> Looked:
        """Say which answer the reviewer has open: `at`, or the first of `choose` at which no other looks.

        Neither: the page was left.
        """


@dataclass
class FolderReports:
    """The reports in the folder of a graded class; what is written while people review is read again."""

    course: GradedClass
    _found: dict[str, tuple[_Stamp, Report]] = field(default_factory=dict)
    """By folder of the submission: what was read, and which file that was."""
    _read: _Stamp | None = None
    """Which class.json `course` is."""

    def questions(self) -> Sequence[Question]:
        """Return the questions of the class."""
        return read_questions(self.course.folder, self.course.signer)

    def reports(self) -> Sequence[Report]:
        """Return the reports. Raises `UsageError` if one is not ours.

        A report that cannot be read now, but could before, is that of before: it is just being written.
        """
        self._look()
        found = [self._report(row) for row in self.course.result.students]
        return [one for one in found if one is not None]

    def people(self, submission: str) -> str:
        """Return the names of the people, or the folder."""
        return next((row.who for row in self.course.result.students if row.folder == submission), submission)

    def _look(self) -> None:
        """Read class.json if it was written since."""
        stamp = _stamp(self.course.folder / "class.json")
        if self._read is not None and stamp != self._read:
            self.course = replace(self.course, result=read_class(self.course.folder))
        self._read = stamp

    def _report(self, row: Row) -> Report | None:
        stamp = _stamp(self.course.folder / row.out / "report.json") if row.out else None
        known = self._found.get(row.folder)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            report = self.course.report(row)
        except UsageError:
            if known is None:
                raise
            return known[1]
        if report is None:
            return None
        self._found[row.folder] = stamp, undecided(report)
        return self._found[row.folder][1]


def _stamp(path: Path) -> _Stamp:
    """Return what tells whether a file was written since."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
