"""Takes from a report what a class needs of it."""

from grader.class_results import Graded, Lost, Mark
from grader.clusters import signature
from grader.results import Report, Verdict

_LONGEST = 300


def graded(report: Report) -> Graded:
    """Return what a class needs of `report`: a few kilobytes, whatever the submission did."""
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
                check=check.check,
                title=check.title,
                verdict=check.verdict,
                score=check.score,
                points=check.points,
                mistake=check.mistake,
                hint=check.hint if check.mistake else "",
                message=check.message[:_LONGEST] if check.verdict is Verdict.FAILED else "",
                signature=signature(task.task, check),
            )
            for task in report.tasks
            for check in task.checks
        ),
    )


def lost(found: Graded) -> tuple[Lost, ...]:
    """Return the checks that were not passed."""
    return tuple(
        Lost(
            task=mark.task,
            check=mark.check,
            verdict=mark.verdict,
            score=mark.score,
            mistake=mark.mistake,
            signature=mark.signature,
        )
        for mark in found.marks
        if mark.verdict is not Verdict.PASSED
    )
