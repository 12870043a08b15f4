"""Writes `report.html`: one file for the student, which needs no other file and no network.

Everything that the page shows may come from a stranger. Each expression of the template goes through
`visible` and is then escaped. Only our own style sheet and script are marked as safe; the page allows
them by their digests, and no others.
"""

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.report import language
from grader.report.causes import Cause, causes, is_unwritten, of_task, state_of
from grader.report.drawing.charts import Chart, chart
from grader.report.drawing.tensors import ComparisonView, ValueView, comparison_view, value_view
from grader.report.html.mathml import mathml
from grader.report.language import _, decimal
from grader.report.messages import parts_of_mark, tasks_message, text, told
from grader.report.numbers import points, signed_points
from grader.report.slips import follow_through, not_explained, repair_found
from grader.report.visible import cut, visible
from grader.results.message import Message
from grader.results.report import (
    CheckResult,
    Comment,
    Decided,
    Evidence,
    Excerpt,
    RaisedException,
    Report,
    TaskResult,
    Verdict,
    counted,
    defined_name,
    is_picture,
    mark,
    sizes_in_words,
)

_MOST_STEPS = 3
_OPEN = {Verdict.FAILED, Verdict.BROKEN, Verdict.PENDING}
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Span:
    """A piece of a sentence; code if it was between backticks."""

    text: str
    is_code: bool


@dataclass(frozen=True)
class Step:
    """Something to do: the check to look at, what is known of the cause, and the points it may bring."""

    target: str
    title: str
    task: str
    place: str
    """File and line, empty if no line is known."""
    name: str
    """The title of the mistake, empty if it has none."""
    reason: str
    gain: str


@dataclass(frozen=True)
class EvidenceView:
    """What is shown of a failing case."""

    where: tuple[str, ...]
    wrong: tuple[ComparisonView, ...]
    right: tuple[ComparisonView, ...]
    inputs: tuple[ValueView, ...]
    seen: tuple[ValueView, ...]
    exception: str
    """Type and message; empty if the message of the check says the same."""
    excerpts: tuple[Excerpt, ...]
    snippet: str


@dataclass(frozen=True)
class CheckView:
    """A line of the page that opens."""

    id: str
    kind: str
    """The verdict, or `picture` for a check that is only a picture."""
    result: CheckResult
    message: str
    hint: str
    """The author's hint or the grader's diagnosis."""
    limits: str
    """Which failed checks the mistake does not explain; empty if it explains all."""
    given: str
    """That the check is right given a slip; empty if it is not."""
    score: str
    is_open: bool
    decided: tuple[str, ...]
    """Who decided, why, and what the machine had found; empty if no person did."""
    comments: tuple[Comment, ...]
    evidence: EvidenceView | None
    chart: Chart | None


@dataclass(frozen=True)
class Fold:
    """Checks behind one line."""

    kind: str
    """What they have in common: `failed` for one cause, `skipped`, `passed` or `picture`."""
    title: str
    checks: tuple[CheckView, ...]


@dataclass(frozen=True)
class TaskView:
    """A section of the page: what needs a look is open, and the rest is behind a line for each kind."""

    id: str
    result: TaskResult
    state: str
    """The verdict that says most about it, or `missing` if it was not handed in."""
    score: str
    share: float
    repair: str
    """Which repair was found, empty if there is none or `slip` says it."""
    slip: str
    """Which slip explains failures, and what it costs; empty if the checks are just added up."""
    decided: tuple[str, ...]
    """What a person decided about the task as a whole."""
    parts: tuple[CheckView | Fold, ...]
    """Failures with one cause follow each other: the most telling check, then the others in a fold."""


@dataclass(frozen=True)
class Page:
    """Everything that the template writes down."""

    report: Report
    score: str
    share: float
    counts: tuple[tuple[str, int], ...]
    deductions: str
    """What the mark is made of if days are taken off, or that it is not known when it was handed in."""
    waiting: str
    """How many points wait for a person; empty if none do."""
    changes: str
    """What changed since the last run; empty if nothing did."""
    headline: str
    steps: tuple[Step, ...]
    comments: tuple[Comment, ...]
    """Those about no single check."""
    reasons: tuple[str, ...]
    """Why the report is not final."""
    tasks: tuple[TaskView, ...]
    command: str
    timings: str


def render(report: Report, changes: Message | None = None) -> str:
    """Return the report as a page, with the `changes` since the last run.

    The same report gives the same text.
    """
    css, script = file("page.css"), file("page.js")
    return (
        environment()
        .get_template("page.html")
        .render(
            page=_page(report, text(changes)),
            css=Markup(css),
            script=Markup(script),
            css_digest=digest(css),
            script_digest=digest(script),
        )
    )


def prepare() -> None:
    """Compile the templates of the page: the first `render` then takes half as long."""
    for name in ("page.html", "parts.html"):
        environment().get_template(name)


@functools.cache
def environment() -> Environment:
    """Return the templates, with everything escaped that is not our own markup."""
    environment = Environment(
        loader=PackageLoader("grader.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cut": cut, "text": text, "spans": _spans, "points": _points}
    environment.filters["signed"] = signed_points
    environment.filters["told"] = told
    environment.filters["mathml"] = mathml
    environment.globals |= {"_": _, "language": language.code}
    return environment


def _finalize(value: object) -> object:
    """Make every text of the page visible; our own markup is left as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


@functools.cache
def file(name: str) -> str:
    """Return the text of a file beside this one."""
    return files("grader.report.html").joinpath("templates", name).read_text(encoding="utf-8")


def digest(source: str) -> str:
    """Return the name of a style sheet or script in a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _spans(sentence: str) -> list[Span]:
    """Return a sentence in pieces: every second one was between backticks."""
    pieces = _CODE.split(sentence)
    return [Span(piece, bool(n % 2)) for n, piece in enumerate(pieces) if piece]


def _page(report: Report, changes: str) -> Page:
    tasks = tuple(_task(number, task, report.comments) for number, task in enumerate(report.tasks))
    # The checks of a task that is not there are not shown: counted, they would look like mistakes.
    handed_in = [task for task in report.tasks if task.handed_in]
    verdicts = [check.verdict for task in handed_in for check in task.checks if not is_picture(check)]
    found = causes(report)
    steps = tuple(_step(cause, report.tasks.index(cause.task)) for cause in found[:_MOST_STEPS])
    left = mark(report.score, report.lateness)
    return Page(
        report=report,
        score=_points(left),
        share=_share(left, report.points),
        deductions=text(parts_of_mark(report)),
        counts=tuple((v.value, verdicts.count(v)) for v in Verdict if v in verdicts),
        waiting=text(Message.of("points_wait", waiting=report.waiting)) if report.waiting else "",
        changes=changes,
        headline=_headline(report, found),
        steps=steps,
        comments=tuple(one for one in report.comments if not one.check),
        reasons=tuple(_reasons(report)),
        tasks=tasks,
        command=_command(report),
        timings=", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.timings.items()),
    )


def _points(value: float) -> str:
    """Return points with the decimal mark of the language."""
    return decimal(points(value))


def _share(score: float, possible: float) -> float:
    return round(max(0.0, min(1.0, score / possible)) * 100, 2) if possible else 0.0


def _headline(report: Report, found: Sequence[Cause]) -> str:
    done = text(tasks_message(report, len(found)))
    if not done:
        return _("No task was graded.")
    if len(found) > _MOST_STEPS:
        return f"{done} {_('These {0} are worth most; take them one at a time:').format(_MOST_STEPS)}"
    if found:
        return f"{done} {_('Begin here:') if len(found) == 1 else _('Take them one at a time:')}"
    return done if report.final else f"{done} {_('None of your answers is wrong.')}"


def _reasons(report: Report) -> Iterable[str]:
    verdicts = [check.verdict for task in report.tasks if task.decided is None for check in task.checks]
    broken, pending = verdicts.count(Verdict.BROKEN), verdicts.count(Verdict.PENDING)
    if report.another_look:
        yield text(Message.of("look_again", count=report.another_look))
    if broken:
        yield text(Message.of("checks_broken", count=broken))
    if pending:
        yield text(Message.of("checks_pending", count=pending))


def _step(cause: Cause, task: int) -> Step:
    result = cause.check
    position = cause.task.checks.index(result)
    return Step(
        target=_anchor(task, position),
        title=result.title,
        task=cause.task.task,
        place="" if cause.place is None else _("{0}, line {1}").format(cause.place.file, cause.place.line),
        name=result.mistake_name,
        reason=text(cause.hint) or text(result.message),
        gain=text(cause.worth),
    )


def _anchor(task: int, position: int) -> str:
    """Return the id of a check; both numbers count from 0."""
    return f"task-{task + 1}-check-{position + 1}"


def _command(report: Report) -> str:
    # The name of the submission is a student's text, which must not be pasted into a shell.
    free = " --no-sandbox" if report.provenance.sandbox == "none" else ""
    return f"grade SUBMISSION --seed {report.provenance.seed}{free}"


def _decided(found: Decided | None, points_of_all: float) -> tuple[str, ...]:
    """Return who decided and why, and what the machine had found."""
    if found is None:
        return ()
    by = found.by or Message.of("a_person")
    if found.reason:
        said = text(Message.of("given_because", by=by, reason=found.reason))
    else:
        said = text(Message.of("given_by", by=by))
    machine = ""
    if found.verdict is None:
        machine = text(Message.of("decided_points", score=found.score, points=points_of_all))
    elif found.verdict is not Verdict.PENDING:
        machine = text(
            Message.of("decided_score", verdict=found.verdict.value, score=found.score, points=points_of_all)
        )
    again = text(Message.of("look_again_here")) if found.another_look else ""
    return tuple(filter(None, (said, machine, again)))


def _task(number: int, task: TaskResult, comments: Sequence[Comment]) -> TaskView:
    views = {
        check.check: _check(
            _anchor(number, position),
            check,
            task,
            tuple(one for one in comments if (one.task, one.check) == (task.task, check.check)),
        )
        for position, check in enumerate(task.checks)
    }
    return TaskView(
        id=f"task-{number + 1}",
        result=task,
        state=_state(task),
        score=_worth(task),
        share=_share(task.score, task.points),
        slip=text(follow_through(task)),
        repair=text(repair_found(task)),
        decided=_decided(task.decided, task.points or task.most),
        parts=tuple(_parts(task, views)),
    )


def _state(task: TaskResult) -> str:
    if not task.handed_in:
        return "missing"
    return "unwritten" if task.stage else state_of(task).value


def _worth(task: TaskResult) -> str:
    if not task.points:
        return f"{_points(task.score)} {_('bonus')}"
    waiting = f", {_points(task.waiting)} {_('pending')}" if task.waiting else ""
    return f"{_points(task.score)} / {_points(task.points)}{waiting}"


def _parts(task: TaskResult, views: Mapping[str, CheckView]) -> Iterable[CheckView | Fold]:
    """Yield what is shown of a task, in this order: what needs a look, then what does not."""
    for check in task.checks:
        if check.verdict in (Verdict.BROKEN, Verdict.PENDING):
            yield views[check.check]
    for cause in of_task(task):
        first, *others = (views[check.check] for check in cause.checks)
        yield first
        if others:
            fails = text(Message.of("more_fail", count=len(others)))
            yield Fold(first.kind, fails, tuple(others))
    for kind, title in (
        ("skipped", _("{0} waits for the check above|{0} wait for the check above")),
        ("picture", _("{0} chart|{0} charts")),
        ("passed", _("{0} passed|{0} passed")),
    ):
        some = tuple(view for view in views.values() if view.kind == kind)
        if some:
            yield Fold(kind, title.split("|")[len(some) != 1].format(len(some)), some)


def _check(anchor: str, result: CheckResult, task: TaskResult, comments: tuple[Comment, ...]) -> CheckView:
    where = f"{task.task}, {result.check}"
    drawn = is_picture(result)
    # The chart shows everything, with the numbers below it.
    seen = None if drawn else result.evidence
    score = counted(result, task.explanation)
    return CheckView(
        id=anchor,
        kind="picture" if drawn else "unwritten" if is_unwritten(result) else result.verdict.value,
        result=result,
        # What was decided is told below, with its reason.
        message="" if result.decided and result.evidence is None else text(result.message),
        decided=_decided(result.decided, result.points),
        comments=comments,
        hint=told(result.hint) or text(result.diagnosis),
        limits=text(not_explained(task, result)),
        given=text(Message.of("right_given")) if score > result.score else "",
        score=f"{_points(score)} / {_points(result.points)}{_(' bonus') if result.bonus else ''}"
        if result.points
        else "",
        is_open=drawn or (result.verdict in _OPEN and result.answer is None),
        evidence=None if seen is None else evidence_view(seen, where, result.message, task.equations),
        chart=None if result.picture is None else chart(result.picture, where),
    )


def evidence_view(
    seen: Evidence, where: str, message: Message | None, equations: Mapping[str, str] = MappingProxyType({})
) -> EvidenceView:
    """Return what is shown of a failing case; `where` distinguishes it from others on the page.

    `equations` stand beside the wrong values that they define.
    """
    views = [
        (
            c.agrees,
            replace(
                comparison_view(c, where, message),
                equation="" if c.agrees else equations.get(defined_name(c.name), ""),
            ),
        )
        for c in seen.comparisons
    ]
    excerpts = (*(seen.raised.excerpts if seen.raised else ()), *seen.source)
    return EvidenceView(
        where=tuple(_where(seen)),
        wrong=tuple(view for agrees, view in views if not agrees),
        right=tuple(view for agrees, view in views if agrees),
        inputs=tuple(
            value_view(value, f"input {number}, {where}") for number, value in enumerate(seen.inputs, 1)
        ),
        seen=tuple(value_view(value, f"seen {number}, {where}") for number, value in enumerate(seen.seen, 1)),
        exception=_exception(seen.raised, message),
        excerpts=tuple(_dedented(excerpt) for excerpt in excerpts),
        snippet=seen.snippet,
    )


def _exception(raised: RaisedException | None, message: Message | None) -> str:
    if raised is None:
        return ""
    whole = f"{raised.type}: {raised.message}" if raised.message else raised.type
    return "" if whole.strip().rstrip(".") in text(message) else whole


def _dedented(excerpt: Excerpt) -> Excerpt:
    """Return the lines without the indentation that they share: a phone has no room for it."""
    texts = [line.text.expandtabs(4) for line in excerpt.lines]
    shared = min((len(t) - len(t.lstrip(" ")) for t in texts if t.strip()), default=0)
    lines = tuple(
        line.model_copy(update={"text": text[shared:]})
        for line, text in zip(excerpt.lines, texts, strict=True)
    )
    return excerpt.model_copy(update={"lines": lines})


def _where(seen: Evidence) -> Iterable[str]:
    """Yield the sizes of the smallest failing case, and how many cases fail."""
    if seen.case is not None and seen.sizes:
        sizes = sizes_in_words(seen.sizes)
        yield text(Message.of("sizes_of_case", sizes=sizes))
    if seen.cases > 1 and seen.failing_cases:
        count = len(seen.failing_cases)
        if count == seen.cases:
            yield text(Message.of("all_cases_fail", count=seen.cases))
        else:
            some = _("{0} of {1} cases fails.|{0} of {1} cases fail.").split("|")
            yield some[count != 1].format(count, seen.cases)
