"""Takes from a report what a class needs of it."""

from collections.abc import Iterator

from grader.course.clusters import head, signature
from grader.judging.follow_through import mark
from grader.report.slips import kind_in_words, repairs_of
from grader.results.course import TRIED, DecidedMark, Graded, Lost, Mark, SlipOf
from grader.results.message import shortened
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture

_LONGEST = 300
"""Characters of each text in a message."""


def graded(report: Report) -> Graded:
    """Return what a class needs of `report`: a few kilobytes, however large the report is."""
    return Graded(
        score=report.score,
        points=report.points,
        final=report.final,
        waiting=report.waiting,
        submission_digest=report.provenance.submission_digest,
        sandbox=report.provenance.sandbox,
        tasks={task.task: task.score for task in report.tasks},
        not_handed_in=tuple(t.task for t in report.tasks if not t.handed_in and not t.is_unreadable),
        marks=tuple(
            Mark(
                task=task.task,
                result=_short(check),
                counted=_counted(check, task),
                # Students who did not hand in a task share no bug.
                signature=signature(task.task, check) if task.handed_in and not task.in_words else "",
                head=head(check) if check.verdict is Verdict.FAILED else None,
            )
            for task in report.tasks
            for check in task.checks
            if not is_picture(check)
        ),
        slips=tuple(slip for task in report.tasks if task.decided is None for slip in _slips(task)),
        decided=tuple(one for task in report.tasks for one in _decided(task)),
    )


def _decided(task: TaskResult) -> Iterator[DecidedMark]:
    about = [(check.check, check.score, check.decided) for check in task.checks]
    for check, score, found in [*about, ("", task.score, task.decided)]:
        if found is not None:
            yield DecidedMark(
                task=task.task,
                check=check,
                by=found.by,
                reason=found.reason[:_LONGEST],
                score=score,
                machine=found.score,
                another_look=found.another_look,
            )


def _counted(check: CheckResult, task: TaskResult) -> float | None:
    score = counted(check, task.explanation)
    return score if score > check.score else None


def _slips(task: TaskResult) -> Iterator[SlipOf]:
    """Yield the slips of the explanation that comes first, and what other prices would change."""
    for first in [one for one in task.explanations[:1] if one.counts]:
        names = [(name, title, None) for name, title in zip(first.mistakes, first.titles, strict=False)]
        made = [*names, *((one.kind, kind_in_words(one), one) for one in repairs_of(first))]
        given = sum(counted(check, first) for check in task.checks)
        for (slip, title, repair), price in zip(made, first.prices, strict=False):
            is_repair = repair is not None
            yield SlipOf(
                task=task.task,
                slip=slip,
                is_repair=is_repair,
                title=title,
                price=price,
                # Where the plain sum is more, the task pays less than the price.
                cost=round((given - task.score) * price / first.price, 6) if first.price else 0.0,
                changes=tuple(_change(task, slip, is_repair, (times - 1) * price) for times in TRIED),
                before="" if repair is None else repair.before,
                after="" if repair is None else repair.after,
            )


def _change(task: TaskResult, slip: str, is_repair: bool, dearer: float) -> float:
    """Return how a task's score changes if a slip costs more by so many points."""
    marks = [task.plain_score]
    for one in task.explanations:
        kinds = [repair.kind for repair in repairs_of(one)]
        price = one.price + dearer * (kinds if is_repair else [*one.mistakes]).count(slip)
        marks.append(mark(task.checks, one.model_copy(update={"price": price})))
    return round(max(marks) - task.score, 6)


def _short(check: CheckResult) -> CheckResult:
    """Return a result without its evidence, and with a message that is not too long."""
    message = shortened(check.message, _LONGEST) if check.verdict is Verdict.FAILED else None
    return check.model_copy(update={"message": message, "diagnosis": None, "evidence": None, "picture": None})


def lost(found: Graded) -> tuple[Lost, ...]:
    """Return the checks that were not passed."""
    return tuple(
        Lost(
            task=one.task,
            check=one.result.check,
            verdict=one.result.verdict,
            score=one.result.score,
            counted=one.counted,
            mistake=one.result.mistake,
            signature=one.signature,
        )
        for one in found.marks
        if one.result.verdict is not Verdict.PASSED
    )
