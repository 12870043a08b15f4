"""Brings the reports and the marks of a graded class up to date with what people decided; nothing is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.course import write_class
from grader.course.decision_file import DecisionFile, read_questions
from grader.course.grading import report_of
from grader.course.marking import marked
from grader.course.worker import write
from grader.report.csv import class_table
from grader.report.write import write_lines
from grader.results.course import ClassResult, Row
from grader.results.decisions import Decision
from grader.results.report import Report
from grader.signing import Signer


@dataclass(frozen=True)
class GradedClass:
    """The folder that `grade class` wrote."""

    folder: Path
    result: ClassResult
    signer: Signer

    @property
    def decisions(self) -> DecisionFile:
        """What people decided."""
        return DecisionFile(self.folder, self.signer)

    def report(self, row: Row) -> Report | None:
        """Return a student's report, None if nothing could be read. Raises `UsageError`."""
        return report_of(row, self.folder, self.signer)

    def with_decisions(self, decisions: Sequence[Decision], write_reports: bool) -> ClassResult:
        """Return the class with the marks that follow from decisions; `write_reports` writes the reports."""
        questions = read_questions(self.folder, self.signer)

        def changed(row: Row, report: Report) -> None:
            if write_reports:
                write(report, self.folder / row.out, self.signer)

        rows, summing = marked(self.result.students, decisions, questions, self.report, changed)
        names = [task.task for task in self.result.tasks]
        return self.result.model_copy(
            update={
                "students": tuple(rows),
                "checks": summing.checks(rows, names),
                "mistakes": summing.mistakes(rows),
                "rubric": summing.rubric(rows),
                "clusters": summing.clusters(rows),
            }
        )

    def publish(self) -> ClassResult:
        """Write the reports, class.json, class.html and grades.csv with all decisions; return the class.

        The table of an anonymous class has names that are nowhere else, so `grade class` has to write it.
        """
        result = self.with_decisions(self.decisions.read(), write_reports=True)
        if not result.anonymous:
            write_lines(self.folder, "grades.csv", class_table.lines(result, {}))
        write_class(result, self.folder, self.signer, {})
        return result
