"""What the pages show of a task of code: what the machine found, submission by submission; pure."""

from collections.abc import Iterator, Mapping, Sequence

from grader.report.messages import text
from grader.report.visible import visible
from grader.results.decisions import Decision, fingerprint, of_marks, standing
from grader.results.message import Record
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture
from grader.review.answers import id_of

_MOST_LINES = 40


class LineView(Record):
    """A line of the student's file; `marked` if it is where the failure is."""

    place: str
    file: str
    line: int
    text: str
    marked: bool


class CommentView(Record):
    """What a person said about the submission or a line of it."""

    by: str
    place: str
    text: str


class FindingView(Record):
    """A check that was not passed, with the reasons."""

    check: str
    title: str
    verdict: str
    score: float
    """With what is right given a slip."""
    points: float
    said: tuple[str, ...]
    lines: tuple[LineView, ...]
    decision: str
    """Its id, empty if no person decided."""
    by: str
    given: float | None
    reason: str
    look_again: bool


class CodeView(Record):
    """One submission."""

    id: str
    label: str
    who: str
    """Empty in an anonymous review."""
    score: float
    findings: tuple[FindingView, ...]
    comments: tuple[CommentView, ...]


def code_tasks(reports: Sequence[Report]) -> tuple[tuple[str, str, int], ...]:
    """Return the tasks of code: name, title, and how many submissions did not pass all of it."""
    found: dict[str, tuple[str, int]] = {}
    for report in reports:
        for task in report.tasks:
            if not task.in_words:
                title, count = found.get(task.task, (task.title, 0))
                found[task.task] = title, count + bool(_open(task))
    return tuple((name, visible(title), count) for name, (title, count) in found.items())


def code_view(
    task: str, reports: Sequence[Report], decisions: Sequence[Decision], people: Mapping[str, str]
) -> tuple[CodeView, ...]:
    """Return the submissions that did not pass all of a task; `people` are names to show."""
    marks = of_marks(decisions)
    found: list[CodeView] = []
    for report in reports:
        for one in report.tasks:
            if one.task == task and _open(one):
                name = report.submission
                findings = [_finding(c, one, marks.get((name, task, c.check))) for c in _open(one)]
                found.append(
                    CodeView(
                        id=id_of(name),
                        label=f"Submission {len(found) + 1}",
                        who=people.get(name, ""),
                        score=one.score,
                        findings=tuple(findings),
                        comments=tuple(_comments(name, task, decisions)),
                    )
                )
    return tuple(found)


def _comments(submission: str, task: str, decisions: Sequence[Decision]) -> Iterator[CommentView]:
    for one in standing(decisions):
        # A comment that names no task is about the submission as a whole.
        if one.kind == "comment" and one.submission == submission and one.task in ("", task):
            place = f"{one.file}:{one.line}" if one.file else ""
            yield CommentView(by=one.by, place=visible(place), text=one.text)


def _open(task: TaskResult) -> list[CheckResult]:
    """Return the checks with points that were not passed."""
    return [c for c in task.checks if c.points and c.verdict is not Verdict.PASSED and not is_picture(c)]


def _finding(check: CheckResult, task: TaskResult, decision: Decision | None) -> FindingView:
    mistake = check.mistake_title or check.mistake
    said = (
        text(check.message),
        f"This looks like: {mistake.rstrip('.')}." if mistake else "",
        check.hint or text(check.diagnosis),
    )
    return FindingView(
        check=check.check,
        title=visible(check.title),
        verdict=check.verdict.value,
        score=counted(check, task.explanation),
        points=check.points,
        said=tuple(visible(one) for one in said if one),
        lines=_lines(check),
        decision="" if decision is None else decision.id,
        by="" if decision is None else decision.by,
        given=None if decision is None else decision.points,
        reason="" if decision is None else decision.text,
        look_again=decision is not None and bool(decision.seen) and decision.seen != fingerprint(check),
    )


def _lines(check: CheckResult) -> tuple[LineView, ...]:
    evidence = check.evidence
    if evidence is None:
        return ()
    excerpts = (*(evidence.raised.excerpts if evidence.raised else ()), *evidence.source)
    lines = [
        LineView(
            place=visible(f"{one.file}:{line.number}"),
            file=one.file,
            line=line.number,
            text=visible(line.text[:200]),
            marked=line.marked,
        )
        for one in excerpts
        for line in one.lines
    ]
    return tuple(lines[:_MOST_LINES])
