"""Where the pages get reports from, and where decisions go: a folder here, a database in the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from grader.course.deciding import GradedClass
from grader.course.decision_file import read_questions
from grader.judging.deciding import undecided
from grader.results.decisions import Decision
from grader.results.report import Report
from grader.results.rubric import Question

Condition = Callable[[Sequence[Decision]], None]


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


@dataclass
class FolderReports:
    """The reports in the folder of a graded class; they are read once."""

    course: GradedClass
    _found: list[Report] = field(default_factory=list)

    def questions(self) -> Sequence[Question]:
        """Return the questions of the class."""
        return read_questions(self.course.folder, self.course.signer)

    def reports(self) -> Sequence[Report]:
        """Return the reports. Raises `UsageError` if one is not ours."""
        if not self._found:
            read = (self.course.report(row) for row in self.course.result.students)
            self._found = [undecided(one) for one in read if one is not None]
        return self._found

    def people(self, submission: str) -> str:
        """Return the names of the people, or the folder."""
        return next((row.who for row in self.course.result.students if row.folder == submission), submission)
