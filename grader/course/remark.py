"""Marks a class again with other prices and points, from what its reports hold: nothing is run.

Reports hold facts: which checks are right, and which are right given a slip. Prices and points are arithmetic
on them. If anything else in the assignment has changed, the facts are old, and the class has to be graded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.assignment.loader import Assignment, TaskSource, points_by_check
from grader.assignment.questions import WrittenTask
from grader.course.course import write_class
from grader.course.decision_file import DecisionFile, write_questions
from grader.course.grading import report_of
from grader.course.rows import graded
from grader.course.summary import Summary
from grader.course.worker import write
from grader.errors import AssignmentError, UsageError
from grader.judging.deciding import decided, undecided
from grader.judging.follow_through import priced, score
from grader.judging.marks import total
from grader.judging.repair import loss_with_names
from grader.judging.withholding import hidden_name
from grader.judging.written import marked_again
from grader.report.csv import class_table
from grader.report.write import write_lines
from grader.results.course import ClassResult, Row
from grader.results.report import CheckResult, Report, TaskResult, mark
from grader.signing import Signer


@dataclass(frozen=True)
class Remarking:
    """A graded class, and the assignment with the new prices and points."""

    before: ClassResult
    folder: Path
    """Where its reports are."""
    assignment: Assignment
    signer: Signer
    """Reports are used if they were signed by this signer, and are signed again."""
    out: Path

    def remark(self) -> ClassResult:
        """Write the reports with their new marks, class.html, class.json and grades.csv.

        Raises `UsageError` if a report is missing or foreign, or if the assignment differs in more than
        prices and points; `AssignmentError` if its points do not add up.
        """
        names = tuple(task.task for task in self.before.tasks)
        tasks, written = self.assignment.only(names), self.assignment.only_written(names)
        worth = {task.name: _worth(task) for task in tasks}
        points = self.assignment.points_of(names)
        by_name: dict[str, TaskSource | WrittenTask] = {task.name: task for task in tasks}
        by_name |= {task.name: task for task in written}
        decisions = DecisionFile(self.folder, self.signer)
        questions = [question.record for task in written for question in task.questions]
        known = decisions.read()
        for row in self.before.students:  # all, before one is written
            report = self._report(row)
            if report is not None:
                self._remarked(report, by_name, worth)
        summing = Summary()
        rows = []
        for row in self.before.students:
            report = self._report(row)
            changed = row.model_copy(update={"points": points})
            if report is not None:
                new = decided(self._remarked(report, by_name, worth), known, questions)
                write(new, self.out / row.out, self.signer)
                changed = summing.row(changed, graded(new))
                changed = changed.model_copy(
                    update={"mark": mark(new.score, new.lateness), "lateness": new.lateness}
                )
            rows.append(changed)
        result = self.before.model_copy(
            update={
                "assignment_digest": self.assignment.digest,
                "points": points,
                "tasks": tuple(
                    one.model_copy(update={"points": by_name[one.task].counted}) for one in self.before.tasks
                ),
                "students": tuple(rows),
                "checks": summing.checks(rows, names),
                "mistakes": summing.mistakes(rows),
                "rubric": summing.rubric(rows),
                "clusters": summing.clusters(rows),
            }
        )
        decisions.copy_to(self.out)
        write_questions(self.out, questions, self.signer)
        write_lines(self.out, "grades.csv", class_table.lines(result, {}))
        write_class(result, self.out, self.signer, {})
        return result

    def _report(self, row: Row) -> Report | None:
        """Return a student's report, without decisions; None if nothing could be read."""
        report = report_of(row, self.folder, self.signer)
        if report is None:
            return None
        if report.provenance.facts_digest != self.assignment.facts_digest:
            raise UsageError(
                f"{self.assignment.folder} differs in more than prices and points from the assignment that "
                f"{self.folder} was graded with; grade the class again."
            )
        return undecided(report)

    def _remarked(
        self,
        report: Report,
        tasks: Mapping[str, TaskSource | WrittenTask],
        worth: Mapping[str, Mapping[str, float | None]],
    ) -> Report:
        results = tuple(_task(task, tasks[task.task], worth.get(task.task, {})) for task in report.tasks)
        made_from = report.provenance.model_copy(update={"assignment_digest": self.assignment.digest})
        return report.model_copy(
            update={
                "tasks": results,
                "score": total(task.score for task in results),
                "points": total(task.points for task in results),
                "provenance": made_from,
            }
        )


def _worth(task: TaskSource) -> dict[str, float | None]:
    """Return the points of each check, by each name that a report may call it by."""
    hidden = points_by_check(task.hidden_checks)
    numbered = {hidden_name(place): points for place, points in enumerate(hidden.values())}
    return points_by_check(task.checks) | hidden | numbered


def _task(
    task: TaskResult, source: TaskSource | WrittenTask, worth: Mapping[str, float | None]
) -> TaskResult:
    if isinstance(source, WrittenTask):
        questions = {question.number: question for question in source.questions}
        answers = tuple(marked_again(questions[check.check], check) for check in task.checks)
        score_in_words = total(check.score for check in answers)
        update = {"checks": answers, "score": score_in_words, "points": source.counted}
        return task.model_copy(update=update)
    checks = [_check(check, worth.get(check.check)) for check in task.checks]
    whole = total(check.points for check in checks if source.bonus or not check.bonus)
    if whole != source.points:
        raise AssignmentError(
            f"{source.folder / 'checks.py'}: the checks are worth {whole:g} points, as far as numbers are "
            f"written down there; assignment.toml says {source.points:g}"
        )
    if task.repair_too_dear and loss_with_names(checks) > source.lowest_price_of_repair:
        raise UsageError(
            f"{source.name}: in some submissions no repair was looked for, because it would have cost more "
            "than was lost. At these prices one could give points back; grade the class again."
        )
    explanations = priced(source, checks, task.explanations)
    return task.model_copy(
        update={
            "checks": tuple(checks),
            "explanations": explanations,
            "score": score(checks, explanations),
            "points": source.counted,
            "tell": source.tell,
        }
    )


def _check(check: CheckResult, points: float | None) -> CheckResult:
    """Return a result with other points, if they are known; partial credit stays the same share."""
    if points is None:
        return check
    share = check.score / check.points if check.points else 0.0
    return check.model_copy(update={"points": points, "score": round(share * points, 6)})
