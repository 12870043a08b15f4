"""Causes: failures of a task that come from one slip, and what a student is told to do about them.

Ten checks that fail because of one wrong line are one thing to do. Failures belong together if they have
the same known mistake or explanation, the same exception at the same line, the same sentence about their
values, or the same wrong values in the same cases.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from grader.report.slips import follow_through, looks_like, price
from grader.results.message import Message
from grader.results.report import CheckResult, Report, TaskResult, Verdict, counted, is_picture


@dataclass(frozen=True)
class Place:
    """A line of one of the student's files, as the student knows it."""

    file: str
    line: int


@dataclass(frozen=True)
class Cause:
    """One thing to do."""

    task: TaskResult
    checks: tuple[CheckResult, ...]
    """The checks that fail because of it, the most telling one first."""
    gain: float
    """Points that it may bring."""
    up_to: bool
    """Whether some of these points belong to checks that were skipped and may fail for another reason."""

    @property
    def check(self) -> CheckResult:
        """The check to show."""
        return self.checks[0]

    @property
    def is_explained(self) -> bool:
        """Whether the task's explanation tells what it is."""
        return _key(self.check, self.task) == _EXPLAINED

    @property
    def hint(self) -> Message | None:
        """What is known of the cause, None if nothing is."""
        hint = self.check.hint
        return Message.of("authors_words", text=hint) if hint else self.check.diagnosis

    @property
    def said(self) -> tuple[Message, ...]:
        """All that is told of it: what is wrong, what it is called, the hint, and what the slip costs."""
        slip = None
        if self.is_explained:
            slip = (price if self._is_named else follow_through)(self.task)
        told = (self.check.message, looks_like(self.check), self.hint, slip)
        return tuple(message for message in told if message is not None)

    @property
    def _is_named(self) -> bool:
        """Whether what the check looks like is all that the task's explanation says."""
        found = self.task.explanation
        return found is not None and (found.mistakes, found.repair) == ((self.check.mistake,), None)

    @property
    def worth(self) -> Message | None:
        """The points that it may bring, None if there are none."""
        if not self.gain:
            return None
        return (
            Message.of("worth_up_to", points=self.gain)
            if self.up_to
            else Message.of("worth", points=self.gain)
        )

    @property
    def place(self) -> Place | None:
        """The line to look at, None if no line is known."""
        return place_of(self.check)


def causes(report: Report) -> list[Cause]:
    """Return what is to be done, the largest gain first, and last what is not written yet.

    A task that was not handed in has no cause, nor has one that a person decided about as a whole.
    """
    tasks = [task for task in report.tasks if task.handed_in and task.decided is None]
    found = [cause for task in tasks for cause in of_task(task)]
    return sorted(found, key=lambda cause: (is_unwritten(cause.check), -cause.gain))


def of_task(task: TaskResult) -> Iterator[Cause]:
    """Yield the causes of a task's failures, in the order of its checks.

    A skipped check depends on one that failed, so its points count for the first cause.
    """
    together: dict[Hashable, list[CheckResult]] = {}
    for check in task.checks:
        if check.verdict is Verdict.FAILED and not is_picture(check):
            together.setdefault(_key(check, task), []).append(check)
    waiting = _lost([check for check in task.checks if check.verdict is Verdict.SKIPPED], task)
    for key, checks in together.items():
        own = _lost(checks, task)
        if key == _EXPLAINED and task.explanation is not None:
            own += task.explanation.price
        checks.sort(key=_telling)
        yield Cause(task, tuple(checks), round(own + waiting, 6), bool(waiting))
        waiting = 0


def is_unwritten(check: CheckResult) -> bool:
    """Whether a check fails because its part of the program is not written yet."""
    return check.message is not None and check.message.id in ("not_written", "not_written_here")


def state_of(task: TaskResult) -> Verdict:
    """Return the verdict that says most about a task."""
    verdicts = {check.verdict for check in task.checks if not is_picture(check)}
    order = (Verdict.BROKEN, Verdict.FAILED, Verdict.SKIPPED, Verdict.PENDING)
    return next((verdict for verdict in order if verdict in verdicts), Verdict.PASSED)


def place_of(check: CheckResult) -> Place | None:
    """Return the innermost line of the student's that an exception passed through, None without one."""
    raised = None if check.evidence is None else check.evidence.raised
    if raised is None or not raised.excerpts:
        return None
    innermost = raised.excerpts[-1]
    line = next((line.number for line in innermost.lines if line.marked), None)
    return None if line is None else Place(innermost.file, line)


_EXPLAINED = ("explained",)


def _lost(checks: Iterable[CheckResult], task: TaskResult) -> float:
    """Return the points that checks lose besides the price of an explanation."""
    return sum(check.points - counted(check, task.explanation) for check in checks)


def _key(check: CheckResult, task: TaskResult) -> Hashable:
    found = task.explanation
    if found is not None and (
        check.check in found.right_given or check.mistake in {*found.mistakes, " + ".join(found.mistakes)}
    ):
        return _EXPLAINED
    if check.message is not None and is_unwritten(check):
        return "unwritten", check.message.model_dump_json()
    if check.mistake:
        return "mistake", check.mistake
    raised = None if check.evidence is None else check.evidence.raised
    if raised is not None:
        return "raised", raised.type, place_of(check)
    if check.diagnosis is not None:
        return "diagnosis", check.diagnosis.model_dump_json()
    if check.evidence is not None and check.evidence.failing_cases:
        wrong = tuple(one.name for one in check.evidence.comparisons if not one.agrees)
        if wrong:
            return "values", wrong, check.evidence.failing_cases
    return "check", check.check


def _telling(check: CheckResult) -> tuple[bool, bool]:
    """Sort what has a hint first, then what has a diagnosis."""
    return not check.hint, check.diagnosis is None
