"""Marks from what the machine found and what people decided; the same whenever they are computed again."""

from collections.abc import Collection, Sequence

from grader.judging.follow_through import marked_again, repriced, score
from grader.judging.marks import total
from grader.results.decisions import (
    Decision,
    by_target,
    fingerprint,
    of_marks,
    prices,
    released,
    standing,
    with_changes,
)
from grader.results.message import Message
from grader.results.report import CheckResult, Comment, Decided, Report, TaskResult, Verdict
from grader.results.rubric import Question, RubricItem


def undecided(report: Report) -> Report:
    """Return what the machine found, without anything that people decided."""
    return _whole(report, tuple(_task_undecided(task) for task in report.tasks), ())


def decided(report: Report, decisions: Sequence[Decision], questions: Sequence[Question]) -> Report:
    """Return the report with the marks that follow from `decisions`, those before them left out.

    A decision about a result that has changed since stays in force, and makes the report not final until a
    person has looked at it again.
    """
    found = undecided(report)
    marks = of_marks(decisions)
    rubric = by_target(with_changes(questions, decisions))
    costs = prices(decisions)
    public = released(decisions)
    tasks = []
    for task in (repriced(task, costs.get(task.task, {})) for task in found.tasks):
        checks = tuple(
            _check(
                check,
                marks.get((report.submission, task.task, check.check)),
                rubric.get((task.task, check.check)),
            )
            for check in task.checks
        )
        if task.task in public:
            checks = tuple(_with_model(check, rubric.get((task.task, check.check))) for check in checks)
        tasks.append(_task(task, checks, marks.get((report.submission, task.task, ""))))
    comments = [
        Comment(
            by=one.by if one.named else "",
            task=one.task,
            check=one.check,
            file=one.file,
            line=one.line,
            text=one.text,
        )
        for one in standing(decisions)
        if one.kind == "comment" and one.submission == report.submission
    ]
    return _whole(found, tuple(tasks), tuple(comments))


def only(report: Report, tasks: Collection[str]) -> Report:
    """Return the report on some of its tasks, as if there were no others.

    Of the comments it holds those about these tasks: one about the whole submission may be about any of them.
    """
    kept = tuple(task for task in report.tasks if task.task in tasks)
    comments = tuple(one for one in report.comments if one.task in tasks)
    whole = _whole(report, kept, comments)
    return whole.model_copy(update={"points": total(task.points for task in kept)})


def _check(check: CheckResult, decision: Decision | None, question: Question | None) -> CheckResult:
    if decision is None:
        return check
    points = check.score
    items: tuple[RubricItem, ...] = ()
    more = 0.0
    if decision.kind == "items" and question is not None:
        items = tuple(item.public for item in question.items if item.name in decision.items)
        more = decision.points or 0.0
        given = total([*(item.points for item in items), more])
        points = min(max(given, 0.0), check.points)
    elif decision.kind == "points" and decision.points is not None:
        points = decision.points
    else:
        return check
    points = round(points, 6)
    return check.model_copy(
        update={
            "score": points,
            "verdict": Verdict.PASSED if points >= check.points else Verdict.FAILED,
            "message": _said(check, decision),
            "decided": Decided(
                id=decision.id,
                by=decision.by if decision.named else "",
                when=decision.when,
                reason=decision.text,
                items=items,
                more=more,
                another_look=bool(decision.seen) and decision.seen != fingerprint(check),
                verdict=check.verdict,
                score=check.score,
                message=check.message,
            ),
        }
    )


def _said(check: CheckResult, decision: Decision) -> Message | None:
    """Return the message of a decided check: the machine's stays beside its evidence."""
    if check.evidence is not None and check.message is not None:
        return check.message
    by = decision.by if decision.named else Message.of("a_person")
    if decision.text:
        return Message.of("given_because", by=by, reason=decision.text)
    return Message.of("given_by", by=by)


def _with_model(check: CheckResult, question: Question | None) -> CheckResult:
    return check if question is None else check.model_copy(update={"model": question.model})


def _task(task: TaskResult, checks: tuple[CheckResult, ...], decision: Decision | None) -> TaskResult:
    """Return what the machine found of a task with decided checks, and what is decided about the whole."""
    explanations = marked_again(checks, task.explanations)
    changed = task.model_copy(
        update={"checks": checks, "explanations": explanations, "score": score(checks, explanations)}
    )
    if decision is None or decision.points is None:
        return changed
    whole = Decided(
        id=decision.id,
        by=decision.by if decision.named else "",
        when=decision.when,
        reason=decision.text,
        another_look=bool(decision.seen) and decision.seen != fingerprint_of_task(task),
        verdict=Verdict.PENDING if Verdict.PENDING in task.open_verdicts else None,
        score=task.score,
    )
    return changed.model_copy(update={"score": decision.points, "decided": whole})


def fingerprint_of_task(task: TaskResult) -> str:
    """Return what a decision about a whole task depends on."""
    return "-".join(fingerprint(check)[:4] for check in task.checks)


def _check_undecided(check: CheckResult) -> CheckResult:
    bare = check.model_copy(update={"model": ""})
    if check.decided is None:
        return bare
    machine = {
        "verdict": check.decided.verdict,
        "score": check.decided.score,
        "message": check.decided.message,
    }
    return bare.model_copy(update={**machine, "decided": None})


def _task_undecided(task: TaskResult) -> TaskResult:
    bare = _task(task.model_copy(update={"decided": None}), tuple(map(_check_undecided, task.checks)), None)
    return repriced(bare, {})


def _whole(report: Report, tasks: tuple[TaskResult, ...], comments: tuple[Comment, ...]) -> Report:
    verdicts = frozenset[Verdict]().union(*(task.open_verdicts for task in tasks))
    looked_at = not any(one.another_look for task in tasks for one in task.all_decided)
    return report.model_copy(
        update={
            "tasks": tasks,
            "comments": comments,
            "score": total(task.score for task in tasks),
            "final": looked_at and not verdicts & {Verdict.BROKEN, Verdict.PENDING},
        }
    )
