"""Writes what `grade export` changes in a sheet, or would change."""

from collections.abc import Iterator, Sequence

from grader.report.gradebook import Filled
from grader.report.terminal.submission_summary import WIDTH, plain, wrapped

_MOST = 200
"""Lines of one kind."""


def render(found: Filled) -> str:
    """Return a line per changed cell, and who could not be matched."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Filled) -> Iterator[str]:
    yield f"Column: {plain(found.column)}"
    for change in found.changes[:_MOST]:
        who = plain(change.person)[: WIDTH - 30]
        yield f"  {who:<{WIDTH - 30}} {plain(change.before)[:10] or 'empty':>10} → {change.after}"
    if len(found.changes) > _MOST:
        yield f"  and {len(found.changes) - _MOST} more"
    if not found.changes:
        yield "  Nothing changes."
    yield from _named("Excused, and left as they are", found.excused)
    yield from _named("In the sheet, without a final mark", found.without_mark)
    yield from _named("In the sheet, and it is not clear who of the class that is", found.unclear)
    yield from _named("In the class, and not in the sheet", found.unmatched)


def _named(title: str, people: Sequence[str]) -> Iterator[str]:
    if people:
        more = f" and {len(people) - _MOST} more" if len(people) > _MOST else ""
        yield from wrapped(f"{title}: {', '.join(map(plain, people[:_MOST]))}{more}", "", "  ")
