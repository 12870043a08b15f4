"""Writes `class.html`: what a class did not understand, on one page that needs nothing else."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from grader.report.html import submission_page
from grader.report.html.scores import Histogram, histogram
from grader.report.html.submission_page import EvidenceView, evidence_view
from grader.report.messages import lateness_message, text
from grader.report.numbers import points
from grader.results.course import (
    CheckCount,
    ClassResult,
    Cluster,
    Counterexample,
    MistakeCount,
    Row,
    RubricLine,
    shared,
)
from grader.results.message import Message

_WEAK, _GOOD = 0.1, 0.3
"""A check with less discrimination hardly separates strong from weak; one with more does it well."""
_NEEDS_HELP, _MOST_HELP = 0.5, 12
"""Below this share of the points a student is listed first, at most so many."""


@dataclass(frozen=True)
class Link:
    """A student's name and the address of the report; empty if there is no report."""

    name: str
    address: str


@dataclass(frozen=True)
class CheckLine:
    """A check in the table of checks."""

    count: CheckCount
    place: int
    share: float
    """Percent that pass."""
    discrimination: str
    upper_lower: str
    word: str


@dataclass(frozen=True)
class MistakeLine:
    """A known mistake and who made it."""

    count: MistakeCount
    place: int
    titles: tuple[str, ...]
    students: tuple[Link, ...]
    price: float
    """What it costs tasks that were judged given it; 0 if there are none."""


@dataclass(frozen=True)
class RubricView:
    """A slip in the table of what slips cost."""

    count: RubricLine
    students: tuple[Link, ...]
    tried: tuple[tuple[float, int], ...]
    """For other prices: how the points would change, and how many scores."""


@dataclass(frozen=True)
class ClusterView:
    """A group that shares a failure."""

    cluster: Cluster
    titles: tuple[str, ...]
    students: tuple[Link, ...]
    example: Link
    """The student whose message, evidence and file are shown."""
    evidence: EvidenceView | None
    skeleton: str


@dataclass(frozen=True)
class StudentLine:
    """A student in the table of students."""

    row: Row
    address: str
    share: float
    tasks: tuple[str, ...]
    causes: str
    """The checks (c1) and mistakes (m1) that the filter selects this student by."""
    notes: str


@dataclass(frozen=True)
class ClassPage:
    """Everything that the template writes down."""

    result: ClassResult
    graded: int
    full: int
    median: str
    mean: str
    histogram: Histogram
    checks: tuple[CheckLine, ...]
    mistakes: tuple[MistakeLine, ...]
    rubric: tuple[RubricView, ...]
    groups: tuple[ClusterView, ...]
    alone: tuple[ClusterView, ...]
    students: tuple[StudentLine, ...]
    help: tuple[StudentLine, ...]
    """Students with less than half of the points that are decided, the weakest first."""
    most_help: int
    """How many of them are listed at once."""
    has_marks: bool
    broken: int
    """Students of whom something could not be decided by a fault that is not theirs."""
    pending: int
    """Students of whom something waits for a person."""
    again: int
    """Decisions to look at again."""


def render(result: ClassResult, shown: Mapping[str, Counterexample]) -> str:
    """Return the page; `shown` holds what to show of a group, by its signature."""
    css = "".join(submission_page.file(name) for name in ("page.css", "check.css", "class.css"))
    script = submission_page.file("class.js")
    return (
        submission_page.environment()
        .get_template("class.html")
        .render(
            page=_page(result, shown),
            css=Markup(css),
            script=Markup(script),
            css_digest=submission_page.digest(css),
            script_digest=submission_page.digest(script),
        )
    )


def _page(result: ClassResult, shown: Mapping[str, Counterexample]) -> ClassPage:
    graded = [row for row in result.students if not row.problem]
    scores = [row.score for row in graded]
    links = {row.folder: Link(row.name or row.folder, _address(row)) for row in result.students}
    titles = {(count.task, count.check): count.title for count in result.checks}
    groups = [_group(number, c, titles, links, shown) for number, c in enumerate(shared(result.clusters), 1)]
    alone = [c for c in result.clusters if len(c.students) == 1]
    students = tuple(_student(result, row) for row in result.students)
    weak = [one for one in students if _reached(one.row) < _NEEDS_HELP or one.row.problem]
    return ClassPage(
        result=result,
        graded=len(graded),
        full=sum(row.score >= row.points for row in graded),
        median=points(statistics.median(scores)) if scores else "–",
        mean=points(statistics.mean(scores)) if scores else "–",
        histogram=histogram(scores, result.points),
        checks=tuple(_check(place, count) for place, count in enumerate(result.checks)),
        mistakes=tuple(
            MistakeLine(
                mistake,
                place,
                tuple(titles[mistake.task, check] for check in mistake.checks),
                tuple(links[name] for name in mistake.students),
                next(
                    (r.price for r in result.rubric if (r.task, r.slip) == (mistake.task, mistake.mistake)), 0
                ),
            )
            for place, mistake in enumerate(result.mistakes)
        ),
        rubric=tuple(
            RubricView(
                line,
                tuple(links[name] for name in line.students),
                tuple(zip(line.changes, line.changed, strict=True)),
            )
            for line in result.rubric
        ),
        groups=tuple(groups),
        alone=tuple(_group(0, cluster, titles, links, {}) for cluster in alone),
        students=students,
        help=tuple(sorted(weak, key=lambda one: (_reached(one.row), one.row.folder))),
        most_help=_MOST_HELP,
        has_marks=any(row.lateness is not None for row in result.students),
        broken=sum(map(_is_broken, result.students)),
        pending=sum(row.is_pending for row in result.students),
        again=sum(one.another_look for row in result.students for one in row.decided),
    )


def _is_broken(row: Row) -> bool:
    """Whether something of a student was not decided; of a chart, a row says only that it is not final."""
    waits = row.is_pending or any(one.another_look for one in row.decided)
    return row.is_broken or not (row.final or waits)


def _reached(row: Row) -> float:
    """Return the share of the points that do not wait for a person; 1 if all wait."""
    decided = row.points - row.waiting
    return row.score / decided if decided > 0 else 1.0


def _address(row: Row) -> str:
    return f"{quote(row.out)}/report.html" if row.out else ""


def _check(place: int, count: CheckCount) -> CheckLine:
    of = count.passed + count.failed + count.skipped + count.broken
    value = count.discrimination
    if value is None:
        word = ""
    elif value < 0:
        word = "the weak pass more often"
    elif value < _WEAK:
        word = "hardly separates them"
    else:
        word = "separates them" if value >= _GOOD else "separates them a little"
    return CheckLine(
        count,
        place,
        round(100 * count.passed / of, 1) if of else 0,
        _signed(count.discrimination),
        _signed(count.upper_lower),
        word,
    )


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value + 0.0:.2f}".replace("-", "−")


def _group(
    number: int,
    cluster: Cluster,
    titles: Mapping[tuple[str, str], str],
    links: Mapping[str, Link],
    shown: Mapping[str, Counterexample],
) -> ClusterView:
    example = shown.get(cluster.signature)
    evidence = None
    if example is not None and example.result.evidence is not None:
        evidence = evidence_view(example.result.evidence, f"group {number}", example.result.message)
    return ClusterView(
        cluster=cluster,
        titles=tuple(titles[cluster.task, check] for check in cluster.checks),
        students=tuple(links[name] for name in cluster.students),
        example=links[cluster.example],
        evidence=evidence,
        skeleton=example.skeleton if example else "",
    )


def _student(result: ClassResult, row: Row) -> StudentLine:
    lost = {(one.task, one.check) for one in row.lost}
    made = {(one.task, one.mistake) for one in row.lost if one.mistake}
    causes = [f"c{place}" for place, c in enumerate(result.checks) if (c.task, c.check) in lost]
    causes += [f"m{place}" for place, m in enumerate(result.mistakes) if (m.task, m.mistake) in made]
    late = lateness_message(row.score, row.points, row.lateness)
    marked = Message.of("marked_late") if row.marked_late else None
    absent = Message.of("tasks_not_handed_in", tasks=row.not_handed_in) if row.not_handed_in else None
    by_people = Message.of("decided_by_people", count=len(row.decided)) if row.decided else None
    again = sum(one.another_look for one in row.decided)
    look = Message.of("look_again", count=again) if again else None
    waiting = Message.of("points_wait", waiting=row.waiting) if row.waiting else None
    unfinished = None if row.final or waiting else Message.of("not_final")
    notes = (row.problem, late, marked, unfinished, absent, waiting, by_people, look)
    return StudentLine(
        row=row,
        address=_address(row),
        share=min(100.0, round(100 * row.score / row.points, 2)) if row.points else 0,
        tasks=tuple(points(row.tasks.get(task.task, 0)) for task in result.tasks),
        causes=" ".join(causes),
        notes=" ".join(text(message) for message in notes if message is not None),
    )
