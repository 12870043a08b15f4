"""Takes from a report what a class needs of it."""

from grader.course.clusters import head, signature
from grader.judging.grading import not_there
from grader.results.course import Graded, Lateness, Lost, Mark
from grader.results.report import Report, Verdict, is_picture

LATE = "Late days: "
"""Begins the line about them in a report."""
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
                # A task that nobody handed in is no bug to share.
                signature=""
                if check.message.startswith(not_there(task.task))
                else signature(task.task, check),
                head=head(check) if check.verdict is Verdict.FAILED else "",
            )
            for task in report.tasks
            for check in task.checks
            if not is_picture(check)
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


def mark(score: float, late: Lateness | None) -> float:
    """Return what is left of `score`."""
    return score if late is None else round(score * (1 - late.percent / 100), 6)


def late_line(score: float, points: float, late: Lateness | None) -> str:
    """Return the line of a report that tells what the late days cost; nothing where there are none."""
    if late is None:
        return ""
    if not late.when:
        return f"{LATE}when this was handed in is not known; nothing is taken off."
    days = "1 day" if late.days == 1 else f"{late.days} days"
    left = f"{mark(score, late):.2f}".rstrip("0").rstrip(".")
    return (
        f"{LATE}handed in {late.when}, {days} late: {late.percent:g} % of the points reached are taken off, "
        f"which leaves {left} of {points:g}."
    )


def with_late_line(report: Report, late: Lateness | None) -> Report:
    """Return the report with that line first, and without the one of an earlier run."""
    line = late_line(report.score, report.points, late)
    rest = tuple(note for note in report.notes if not note.startswith(LATE))
    return report.model_copy(update={"notes": (line, *rest) if line else rest})
