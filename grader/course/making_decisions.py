"""Makes decisions about a graded class, and refuses those that cannot be meant."""

import math
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from grader.course.deciding import GradedClass
from grader.course.decision_file import read_questions
from grader.errors import UsageError
from grader.judging.deciding import fingerprint_of_task, undecided
from grader.results.course import Row
from grader.results.decisions import (
    MOST_TEXT,
    Decision,
    Kind,
    by_target,
    fingerprint,
    standing,
    with_changes,
)
from grader.results.report import CheckResult, Report, TaskResult
from grader.results.rubric import Question, RubricItem
from grader.suggestions import nearest


@dataclass(frozen=True)
class Maker:
    """Makes the decisions of one person about a class."""

    course: GradedClass
    by: str
    named: bool = True

    def points(self, row: Row, task: str, check: str, points: float, reason: str) -> Decision:
        """Return that a check or a task gets other points. Raises `UsageError`."""
        if not reason.strip():
            raise UsageError("Give a --reason: the student reads it, and so do you in a year.")
        found, one = self._target(row, task, check)
        most = found.most if one is None else one.points
        if not 0 <= points <= most:
            raise UsageError(f"{check or task} is worth 0 to {most:g} points.")
        seen = fingerprint_of_task(found) if one is None else fingerprint(one)
        return self._made("points", row, task, check, points=points, text=reason, seen=seen)

    def items(
        self, row: Row, task: str, check: str, items: tuple[str, ...], more: float | None, reason: str
    ) -> Decision:
        """Return which rubric items hold for an answer, and what is added to their points."""
        _, one = self._target(row, task, check)
        question = self._question(task, check)
        for item in items:
            self._item(question, item)
        if more and not reason.strip():
            raise UsageError("Give a --reason for the points beside the items: the student sees them.")
        if one is None:
            raise UsageError(f"{task}: name a question with --check.")
        return self._made(
            "items", row, task, check, items=items, points=more, text=reason, seen=fingerprint(one)
        )

    def comment(self, row: Row, task: str, check: str, text: str, file: str = "", line: int = 0) -> Decision:
        """Return a comment on a submission, a check or a line of code."""
        if task:
            self._target(row, task, check)
        return self._made("comment", row, task, check, text=text, file=file, line=line)

    def undo(self, row: Row, task: str, check: str) -> Decision:
        """Return that the last decision about something is taken back."""
        last = [
            one
            for one in standing(self.course.decisions.read())
            if one.target == (row.folder, task, check) and one.kind in ("points", "items", "comment")
        ]
        if not last:
            raise UsageError(f"Nothing is decided about {check or task or row.folder}.")
        return self._made("undo", row, task, check, undoes=last[-1].id)

    def price(self, task: str, check: str, item: str, points: float) -> Decision:
        """Return that a rubric item gives other points, to all for whom it holds."""
        known = self._item(self._question(task, check), item)
        changed = known.model_copy(update={"points": _finite(points)})
        return self._made("rubric", None, task, check, item=changed)

    def new_item(self, task: str, check: str, title: str, points: float) -> Decision:
        """Return a new item of the rubric of a question."""
        question = self._question(task, check)
        names = {one.name for one in question.items}
        plain = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:30] or "item"
        name, number = plain, 1
        while name in names:
            number += 1
            name = f"{plain}_{number}"
        item = RubricItem(name=name, title=title.strip()[:300], points=_finite(points))
        return self._made("rubric", None, task, check, item=item)

    def release(self, task: str) -> Decision:
        """Return that students may see the model answers of a task."""
        if not any(one.task == task for one in self._questions()):
            raise UsageError(f"{task or 'The class'} has no questions in words; name the task with --task.")
        return self._made("release", None, task, "")

    def _questions(self) -> tuple[Question, ...]:
        known = read_questions(self.course.folder, self.course.signer)
        return with_changes(known, self.course.decisions.read())

    def _question(self, task: str, check: str) -> Question:
        found = by_target(self._questions()).get((task, check))
        if found is None:
            raise UsageError(f"{task}.{check} is no question in words.")
        return found

    def _item(self, question: Question, name: str) -> RubricItem:
        found = next((one for one in question.items if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in question.items)
            raise UsageError(f"{name or 'That'} is no item of {question.check}; its items are {known}.")
        return found

    def _target(self, row: Row, task: str, check: str) -> tuple[TaskResult, CheckResult | None]:
        """Return what the machine found about a task, and about a check of it. Raises `UsageError`."""
        report = self.course.report(row)
        found = None if report is None else _task(undecided(report), task)
        if found is None:
            near = nearest(task, [one.task for one in self.course.result.tasks])
            raise UsageError(f"There is no task {task!r}.{f' Is {near} meant?' if near else ''}")
        if not check:
            return found, None
        names = [one.check for one in found.checks]
        if check not in names:
            near = nearest(check, names)
            raise UsageError(f"{task} has no check {check!r}.{f' Is {near} meant?' if near else ''}")
        return found, found.checks[names.index(check)]

    def _made(self, kind: Kind, row: Row | None, task: str, check: str, **fields: object) -> Decision:
        text = str(fields.get("text", ""))
        if len(text) > MOST_TEXT:
            raise UsageError(f"A reason or comment has at most {MOST_TEXT} characters.")
        return Decision.model_validate(
            {
                "id": secrets.token_hex(8),
                "when": datetime.now(UTC).isoformat(timespec="seconds"),
                "by": self.by[:200],
                "named": self.named,
                "kind": kind,
                "submission": "" if row is None else row.folder,
                "task": task,
                "check": check,
                **fields,
            }
        )


def _task(report: Report, name: str) -> TaskResult | None:
    return next((one for one in report.tasks if one.task == name), None)


def _finite(points: float) -> float:
    if not math.isfinite(points):
        raise UsageError("An item gives a number of points.")
    return points
