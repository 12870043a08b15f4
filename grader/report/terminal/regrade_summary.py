"""Writes what a terminal shows of two gradings, 80 columns wide."""

from collections.abc import Iterator

import click

from grader.report.messages import text
from grader.report.numbers import points, signed_points
from grader.report.terminal.submission_summary import plain, wrapped
from grader.report.visible import cut
from grader.results.message import Message
from grader.results.regrade import Cause, MarkChange, Regrade, SlipChange, WholeTask
from grader.results.report import Lateness

_MOST = 20
_NAME_SHOWN, _SHOWN = 80, 400
"""Characters of a text that a student may have written."""


def render(compared: Regrade) -> str:
    """Return the summary, with colours; the caller removes them if they are not wanted."""
    return "\n".join(_lines(compared)) + "\n"


def causes(change: MarkChange) -> list[str]:
    """Return why a mark changes, in words: late days, whole tasks, prices of slips, then checks."""
    late = [text(late_days(change))] if change.late_days_change else []
    whole = map(_whole_task, change.whole_tasks)
    return [*late, *whole, *map(_slip, change.slips), *map(cause, change.causes)]


def _whole_task(found: WholeTask) -> str:
    by = found.decided.rstrip(".")
    words = f"{found.task}: " + (f"decided by a person: {by}" if by else "not decided by a person any more")
    return f"{words}, {signed_points(found.change)}" if found.change else words


def _slip(found: SlipChange) -> str:
    if found.after is None:
        return f"{found.task}: “{found.title}” no longer explains what is lost"
    if found.before is None:
        return f"{found.task}: “{found.title}” explains what is lost, and costs {points(found.after)}"
    return f"{found.task}: “{found.title}” costs {points(found.after)} instead of {points(found.before)}"


def cause(found: Cause) -> str:
    """Return a change of one check in words."""
    words = f"{found.task}, {found.check}: {found.before or 'absent'} → {found.after or 'absent'}"
    if found.before == found.after and found.mistake_before != found.mistake_after:
        one, other = (name or "no known mistake" for name in (found.mistake_before, found.mistake_after))
        words += f" ({one} → {other})"
    elif found.mistake_after:
        words += f" ({found.mistake_after})"
    if found.decided:
        words += f", decided by a person: {found.decided.rstrip('.')}"
    return f"{words}, {signed_points(found.change)}" if found.change else words


def late_days(change: MarkChange) -> Message:
    """Return what changes about the late days of a submission."""
    return Message.of("late_days_change", before=_late(change.late_before), after=_late(change.late_after))


def _late(late: Lateness | None) -> Message:
    if late is None:
        return Message.of("in_time")
    return Message.of("late_by", days=late.days, percent=late.percent) if late.when else Message.of("no_time")


def _lines(compared: Regrade) -> Iterator[str]:
    changed = [change for change in compared.changes if change.change]
    up = sum(change.change > 0 for change in changed)
    head = f"{len(changed)} of {compared.students} marks change: {up} up, {len(changed) - up} down"
    yield click.style(head, bold=True)
    for difference in compared.differences:
        yield from wrapped(f"Not the same: {plain(cut(text(difference), _SHOWN))}", "")
    for change in compared.changes[:_MOST]:
        colour = "green" if change.change > 0 else "red" if change.change < 0 else "bright_black"
        marks = f"{points(change.before)} → {points(change.after)}"
        delta = click.style(signed_points(change.change), fg=colour)
        (name,) = wrapped(plain(cut(change.name or change.folder, _SHOWN))[:44], "  ") or [""]
        yield f"{name}  {marks}  {delta}"
        if change.other_files:
            yield "      handed in other files"
        reasons = causes(change)
        for reason in reasons[:3]:
            yield from wrapped(plain(cut(reason, _SHOWN)), "      ", "        ")
        if len(reasons) > 3:
            yield f"      and {len(reasons) - 3} more reasons"
    if len(compared.changes) > _MOST:
        yield f"  and {len(compared.changes) - _MOST} more, in compare.html and compare.csv"
    for title, names in (("Only before", compared.only_before), ("Only after", compared.only_after)):
        if names:
            listed = ", ".join(cut(name, _NAME_SHOWN) for name in names[:_MOST])
            more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
            yield from wrapped(f"{title}: {plain(listed)}{more}", "")
