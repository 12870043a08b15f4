"""Takes from a report what a class needs of it."""

from grader.course.clusters import head, signature
from grader.results.course import Graded, Lost, Mark
from grader.results.message import shortened
from grader.results.report import CheckResult, Report, Verdict, is_picture

_LONGEST = 300
"""Characters of each text in a message."""


def graded(report: Report) -> Graded:
    """Return what a class needs of `report`: a few kilobytes, however large the report is."""
    return Graded(
        score=report.score,
        points=report.points,
        final=report.final,
        submission_digest=report.provenance.submission_digest,
        sandbox=report.provenance.sandbox,
        tasks={task.task: task.score for task in report.tasks},
        marks=tuple(
            Mark(
                task=task.task,
                result=_short(check),
                # Students who did not hand in a task share no bug.
                signature=signature(task.task, check) if task.handed_in else "",
                head=head(check) if check.verdict is Verdict.FAILED else None,
            )
            for task in report.tasks
            for check in task.checks
            if not is_picture(check)
        ),
    )


def _short(check: CheckResult) -> CheckResult:
    """Return a result without its evidence, and with a message that is not too long."""
    message = shortened(check.message, _LONGEST) if check.verdict is Verdict.FAILED else None
    return check.model_copy(update={"message": message, "diagnosis": None, "evidence": None, "picture": None})


def lost(found: Graded) -> tuple[Lost, ...]:
    """Return the checks that were not passed."""
    return tuple(
        Lost(
            task=mark.task,
            check=mark.result.check,
            verdict=mark.result.verdict,
            score=mark.result.score,
            mistake=mark.result.mistake,
            signature=mark.signature,
        )
        for mark in found.marks
        if mark.result.verdict is not Verdict.PASSED
    )
