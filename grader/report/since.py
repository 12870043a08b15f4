"""What changed since the last run: points, and what was mended or broken in between."""

from pathlib import Path

from pydantic import ValidationError

from grader import untrusted_files
from grader.results.message import Message
from grader.results.report import CheckResult, Report, Verdict, is_picture

_MOST_BYTES = 64 << 20
_MOST_TITLES = 3
"""Checks that one sentence lists."""


def last_report(folder: Path) -> Report | None:
    """Return the report that an earlier run left in `folder`, None if there is none that can be read."""
    try:
        return Report.model_validate_json(untrusted_files.read(folder, "report.json", _MOST_BYTES))
    except (OSError, ValidationError):
        return None


def since(before: Report | None, now: Report) -> Message | None:
    """Return what changed, None if nothing did or if `before` is about another submission or other tasks."""
    if before is None or before.submission != now.submission or _asked(before) != _asked(now):
        return None
    old, new = _checks(before), _checks(now)
    fixed = [name for name in new if _passed(new[name]) and not _passed(old[name])]
    broken = [name for name in new if _passed(old[name]) and not _passed(new[name])]
    gain = round(now.score - before.score, 6)
    if not fixed and not broken and not gain:
        return None
    return Message.of(
        "since_the_last_run",
        gain=gain,
        changes=(
            *([Message.of("now_right", titles=_titles(fixed, new), more=_more(fixed))] if fixed else []),
            *(
                [Message.of("no_longer_right", titles=_titles(broken, new), more=_more(broken))]
                if broken
                else []
            ),
        ),
    )


def _checks(report: Report) -> dict[tuple[str, str], CheckResult]:
    return {
        (task.task, check.check): check
        for task in report.tasks
        for check in task.checks
        if not is_picture(check)
    }


def _asked(report: Report) -> tuple[str, frozenset[tuple[str, str]]]:
    """Return the assignment and the checks that were asked, by which two reports can be compared."""
    return report.provenance.assignment, frozenset(_checks(report))


def _passed(check: CheckResult) -> bool:
    return check.verdict is Verdict.PASSED


def _titles(names: list[tuple[str, str]], checks: dict[tuple[str, str], CheckResult]) -> tuple[str, ...]:
    return tuple(checks[name].title.rstrip(".") for name in names[:_MOST_TITLES])


def _more(names: list[tuple[str, str]]) -> int:
    return len(names[_MOST_TITLES:])
