"""Makes the results of single checks: passed, failed, skipped, broken."""

from collections.abc import Iterable, Sequence

from grader.asking.questions import CheckInfo, Description
from grader.report.messages import text
from grader.results.message import Message
from grader.results.report import CheckResult, Evidence, Verdict


def is_drawn_only(check: CheckInfo) -> bool:
    """Whether a check only draws a picture, so that other checks say what is wrong."""
    return check.plot is not None and not check.points


def passed(check: CheckInfo) -> CheckResult:
    """Return that a check was passed."""
    return _result(check, Verdict.PASSED, check.points)


def failed(check: CheckInfo, message: Message, share: float = 0) -> CheckResult:
    """Return that a check was failed, with a share of its points."""
    return _result(check, Verdict.FAILED, round(check.points * share, 6), message)


def skipped(check: CheckInfo, needed: CheckResult) -> CheckResult:
    """Return that a check was skipped because it depends on `needed`, which was not passed."""
    return _result(check, Verdict.SKIPPED, 0, Message.of("skipped", needed=needed.title))


def nothing_right(check: CheckInfo, needed: Sequence[CheckResult]) -> CheckResult:
    """Return that a passed check does not count, since nothing is right of those that it counts with."""
    titles = tuple(one.title for one in needed)
    return _result(check, Verdict.SKIPPED, 0, Message.of("counts_with", titles=titles))


def skip_all(checks: Sequence[CheckInfo], needed: CheckResult) -> list[CheckResult]:
    """Return that all checks of a task were skipped."""
    return [skipped(check, needed) for check in checks]


def broken(check: CheckInfo, fault: Message) -> CheckResult:
    """Return that a check could not be decided, which costs no points."""
    return _result(check, Verdict.BROKEN, check.points, Message.of("broken", fault=fault))


def passed_gate(name: str, title: Message) -> CheckResult:
    """Return that a check of the grader's own, worth no points, was passed."""
    return CheckResult(check=name, title=text(title), verdict=Verdict.PASSED, score=0, points=0)


def failed_gate(name: str, title: Message, message: Message, seen: Evidence | None = None) -> CheckResult:
    """Return that a check of the grader's own, worth no points, was failed."""
    return CheckResult(
        check=name,
        title=text(title),
        verdict=Verdict.FAILED,
        score=0,
        points=0,
        message=message,
        evidence=seen,
    )


def checks_of(description: Description | None, task: str, title: str, points: float) -> Sequence[CheckInfo]:
    """Return the checks of a task; one that stands for all of them if `checks.py` could not be read."""
    if description is not None:
        return description.checks
    whole = CheckInfo(
        name=task,
        title=title,
        about="",
        points=points,
        after=(),
        cases=1,
        dtype="float64",
        depth="",
        compare=False,
        plot=None,
    )
    return (whole,)


def total(numbers: Iterable[float]) -> float:
    """Return a sum of points without the rounding errors of floating point."""
    return round(sum(numbers), 6)


def _result(check: CheckInfo, verdict: Verdict, score: float, message: Message | None = None) -> CheckResult:
    return CheckResult(
        check=check.name,
        title=check.title,
        verdict=verdict,
        score=score,
        points=check.points,
        bonus=check.bonus,
        hidden=bool(check.hidden),
        message=message,
    )
