"""Writes `results.json` as Gradescope reads it: a test per check, with points and what to do.

The tests of a task add up to its points: what a slip costs is a test of its own, with negative points. Texts
are Markdown with everything escaped that a stranger may have put into it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from grader.report import markdown
from grader.report.language import _
from grader.report.markdown import prose
from grader.report.messages import text, told
from grader.report.slips import follow_through, looks_like, not_explained
from grader.report.visible import cut, visible
from grader.results.message import Message
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture, mark

_MOST = 2000
"""Characters of one text."""
_STATUS = {Verdict.PASSED: "passed", Verdict.FAILED: "failed", Verdict.SKIPPED: "failed"}
"""What is undecided has no status, which would be a verdict."""


class Task(Protocol):
    """A task as its author wrote it."""

    @property
    def name(self) -> str:
        """The name of its folder."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def counted(self) -> float:
        """What it adds to the points of the assignment."""


def render(report: Report) -> str:
    """Return the results of one submission, as JSON in ASCII."""
    return _json(
        {
            "score": mark(report.score, report.lateness),
            "execution_time": round(report.timings.get("total", 0.0), 3),
            "output": _overview(report),
            "output_format": "md",
            "test_output_format": "md",
            "tests": [test for number, task in enumerate(report.tasks, 1) for test in _tests(number, task)],
            "extra_data": {
                "final": report.final,
                "points": report.points,
                "assignment_digest": report.provenance.assignment_digest,
                "submission_digest": report.provenance.submission_digest,
                "seed": report.provenance.seed,
                "isolation": report.provenance.sandbox,
            },
        }
    )


def render_without_report(said: Message, tasks: Iterable[Task] = ()) -> str:
    """Return results without points: what students read if there is no report, or none yet.

    With `tasks`, each is listed with what it is worth.
    """
    return _json(
        {
            "score": 0,
            "output": prose(cut(text(said), _MOST)),
            "output_format": "md",
            "tests": [
                _lost(number, task.name, task.title, task.counted) for number, task in enumerate(tasks, 1)
            ],
            "extra_data": {"final": False},
        }
    )


def _overview(report: Report) -> str:
    """Return what is told of the whole; without the mark while a part of it is hidden."""
    if any(check.hidden for task in report.tasks for check in task.checks):
        return prose(text(Message.of("some_checks_hidden")))
    return markdown.render(report)


def _json(results: dict[str, Any]) -> str:
    return json.dumps(results, indent=1, allow_nan=False) + "\n"


def _tests(number: int, task: TaskResult) -> Iterator[dict[str, Any]]:
    if not task.handed_in:
        absent = task.why_missing or Message.of("file_not_there", file=task.wanted_file)
        yield {
            **_lost(number, task.task, task.title, task.points),
            "score": task.score,
            "output": prose(cut(text(absent), _MOST)),
            "tags": [task.task, "cannot be graded" if task.is_unreadable else "not handed in"],
        }
        return
    sums = 0.0
    checks = [check for check in task.checks if not is_picture(check)]
    for position, check in enumerate(checks, 1):
        score = round(counted(check, task.explanation), 6)
        sums += score
        found = {
            "name": _name(f"{task.task}: {told(check.title)}{_(' (bonus)') if check.bonus else ''}"),
            "number": f"{number}.{position}",
            "score": score,
            "max_score": check.points,
            "output": "\n\n".join(_said(task, check, score)),
            "tags": [task.task, check.verdict.value],
        }
        if check.hidden:
            found["visibility"] = "after_published"
        if check.verdict in _STATUS:
            found["status"] = "passed" if score >= check.points > 0 else _STATUS[check.verdict]
        yield found
    left = round(task.score - sums, 6)
    if left:
        slip: dict[str, Any] = {
            "name": _name(f"{task.task}: {_('what the slip costs')}"),
            "number": f"{number}.{len(checks) + 1}",
            "score": left,
            "max_score": 0,
            "status": "failed",
            "output": prose(cut(text(follow_through(task)), _MOST)),
            "tags": [task.task, "slip"],
        }
        if any(check.hidden for check in checks):  # it says the points of the whole task
            slip["visibility"] = "after_published"
        yield slip


def _lost(number: int, name: str, title: str, points: float) -> dict[str, Any]:
    """Return the one test of a task of which nothing was graded."""
    return {
        "name": _name(f"{name}: {told(title)}"),
        "number": str(number),
        "score": 0,
        "max_score": points,
        "status": "failed",
        "tags": [name, "not handed in"],
    }


def _said(task: TaskResult, check: CheckResult, score: float) -> Iterator[str]:
    for said in (
        text(check.message),
        text(Message.of("right_given")) if score > check.score else "",
        text(looks_like(check)),
        text(not_explained(task, check)),
        told(check.hint) or text(check.diagnosis),
    ):
        if said:
            yield prose(cut(said, _MOST))


def _name(title: str) -> str:
    return cut(" ".join(visible(title).split()), 300)
