"""Lays tensors out for reading: as tables where they are small, as heat maps where they are not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.report import numbers
from grader.report.drawing.heatmaps import (
    HeatMap,
    Legend,
    difference_map,
    slice_size,
    truth_legend,
    value_legend,
    value_map,
)
from grader.report.drawing.tables import Cell, Group, Row, Table
from grader.report.language import _
from grader.report.messages import text
from grader.report.numbers import Entry, Style
from grader.results.message import Message, parts
from grader.results.report import Comparison, Shown

_READABLE = 64
"""Entries that a person reads; more of them become a heat map."""
_READABLE_COLUMN = 24
_LISTED = 8
"""Wrong entries that are listed beside a heat map."""


@dataclass(frozen=True)
class ValueView:
    """One value: a line of text, and a table or a heat map where it is a tensor."""

    name: str
    text: str
    plain: str = ""
    """The value itself if it is not a tensor with at least one axis."""
    table: Table | None = None
    heat: HeatMap | None = None
    legend: Legend | None = None


@dataclass(frozen=True)
class ComparisonView:
    """What was expected beside what was seen: in one table, or each on its own."""

    name: str
    kind: str
    """What both are, if they are of the same kind."""
    problem: str
    facts: tuple[str, ...]
    together: Table | None = None
    apart: tuple[tuple[str, ValueView], ...] = ()
    heats: tuple[tuple[str, HeatMap], ...] = ()
    legends: tuple[Legend, ...] = ()
    equation: str = ""
    """The equation that defines the value, as TeX; empty if none does."""


def value_view(shown: Shown, where: str) -> ValueView:
    """Return one value in a form that a page can show; `where` distinguishes values of the same name."""
    if shown.kind != "tensor":
        return ValueView(shown.name, "", plain=shown.text)
    if not shown.values:
        return ValueView(shown.name, f"{shown.text}{_(', without any entry')}")
    if not shown.window:
        written = numbers.write(shown.values[0], numbers.style(shown.values))
        return ValueView(shown.name, shown.text, plain=written)
    if _is_readable(shown):
        style = numbers.style(shown.values)
        cells = [Cell(numbers.write(entry, style)) for entry in shown.values]
        name = f"{shown.name}, {where}"
        return ValueView(shown.name, shown.text, table=_table(name, shown, cells))
    limit = _largest(shown.values)
    heat = value_map(f"{shown.name}, {where}", shown, limit)
    kind = f"{shown.text}{_window_in_words(shown)}"
    legend = truth_legend() if shown.dtype == "bool" else value_legend(limit, heat)
    return ValueView(shown.name, kind, heat=heat, legend=legend)


def comparison_view(comparison: Comparison, where: str, message: Message | None) -> ComparisonView:
    """Return a comparison in a form that a page can show, without its problem if `message` says it."""
    expected, actual = comparison.expected, comparison.actual
    said = any(part == comparison.problem for part in parts(message))
    problem = "" if said else text(comparison.problem)
    facts = _facts(comparison)
    if expected is None or actual is None or not _alike(expected, actual):
        sides = ((_("Expected"), expected), (_("Yours"), actual))
        apart = tuple(
            (title, value_view(value, f"{title.lower()}, {where}")) for title, value in sides if value
        )
        return ComparisonView(comparison.name, "", problem, facts, apart=apart)
    kind = actual.text
    if not _is_readable(actual):
        listed = _listed(comparison, expected, actual, where)
        maps, legends = _maps(comparison, expected, actual, where)
        return ComparisonView(
            comparison.name, kind, problem, facts, together=listed, heats=maps, legends=legends
        )
    if len(actual.window) == 1:
        table = _beside(comparison, expected, actual, where)
        return ComparisonView(comparison.name, kind, problem, facts, together=table)
    tables = _two_tables(comparison, expected, actual, where)
    return ComparisonView(comparison.name, kind, problem, facts, apart=tables)


def place(index: Sequence[int], axes: Sequence[str]) -> str:
    """Return an index in words: `batch 0, hidden 2`; in brackets if an axis has no name."""
    if len(axes) == len(index) and all(axes):
        return ", ".join(f"{axis} {i}" for axis, i in zip(axes, index, strict=True))
    return f"[{', '.join(map(str, index))}]"


def _facts(comparison: Comparison) -> tuple[str, ...]:
    """Return what can be said of a comparison in words, without its numbers."""
    facts = []
    shown = comparison.actual or comparison.expected
    if comparison.total > 1 and comparison.wrong_count:
        every = _("All entries are wrong")
        some = _("{1} of {0} entries is wrong|{1} of {0} entries are wrong").split("|")
        fact = some[comparison.wrong_count != 1].format(comparison.total, comparison.wrong_count)
        fact = every if comparison.wrong_count == comparison.total else fact
        if comparison.first_wrong and shown is not None:
            fact += _(", first at {0}").format(place(comparison.first_wrong, shown.axes))
        facts.append(f"{fact}.")
    if comparison.error is not None and comparison.tolerance is not None:
        error, allowed = numbers.short(comparison.error), numbers.short(comparison.tolerance)
        facts.append(_("Off by {0} at most, where {1} is allowed.").format(error, allowed))
    if shown is not None and comparison.total and math.prod(shown.window) < comparison.total:
        facts.append(_("Shown is a part of it{0}.").format(_window_in_words(shown)))
    return tuple(facts)


def _alike(expected: Shown, actual: Shown) -> bool:
    """Whether both are tensors of one kind of which the same entries are shown."""
    return (
        expected.kind == actual.kind == "tensor"
        and expected.text == actual.text
        and bool(actual.window)
        and bool(actual.values)
        and (expected.shape, expected.origin, expected.window) == (actual.shape, actual.origin, actual.window)
        and len(expected.values) == len(actual.values) == math.prod(actual.window)
    )


def _is_readable(shown: Shown) -> bool:
    if len(shown.window) == 1 and shown.window[0] > _READABLE_COLUMN:
        return False
    return len(shown.values) <= _READABLE


def _window_in_words(shown: Shown) -> str:
    if shown.window == shown.shape:
        return ""
    parts = []
    for axis, (start, size, whole) in enumerate(zip(shown.origin, shown.window, shown.shape, strict=True)):
        name = shown.axes[axis] if axis < len(shown.axes) and shown.axes[axis] else _("axis {0}").format(axis)
        if size < whole:
            parts.append(
                f"{name} {start}" if size == 1 else _("{0} {1} to {2}").format(name, start, start + size - 1)
            )
    return f": {', '.join(parts)}"


def _two_tables(
    comparison: Comparison, expected: Shown, actual: Shown, where: str
) -> tuple[tuple[str, ValueView], ...]:
    """Return a table of expected entries and one of actual entries with the wrong ones marked."""
    wrong = set(comparison.wrong)
    pairs = list(zip(expected.values, actual.values, strict=True))
    style = numbers.style(expected.values + actual.values, [pairs[p] for p in wrong])
    left, right = [], []
    for position, pair in enumerate(pairs):
        one, other = _written(pair, position in wrong, style)
        left.append(Cell(one))
        right.append(Cell(other, position in wrong))
    views = []
    for title, shown, cells in ((_("Expected"), expected, left), (_("Yours"), actual, right)):
        name = f"{shown.name}, {title.lower()}, {where}"
        views.append((title, ValueView(shown.name, "", table=_table(name, shown, cells))))
    return tuple(views)


def _written(pair: tuple[Entry, Entry], is_wrong: bool, style: Style) -> tuple[str, str]:
    if is_wrong:
        return numbers.write_apart(*pair, style)
    return numbers.write(pair[0], style), numbers.write(pair[1], style)


def _table(name: str, shown: Shown, cells: Sequence[Cell]) -> Table:
    """Return the slices of a tensor below each other, all in the same columns."""
    axes = shown.axes or ("",) * len(shown.window)
    rows, columns = slice_size(shown)
    groups = []
    for first in range(0, len(cells), rows * columns):
        lines = []
        for row in range(rows):
            start = first + row * columns
            label = str(shown.origin[-2] + row) if len(shown.window) > 1 else ""
            lines.append(Row(label, tuple(cells[start : start + columns])))
        groups.append(Group(_slice_label(shown, first // (rows * columns)), tuple(lines)))
    return Table(
        name=name,
        row_axis=axes[-2] if len(axes) > 1 else "",
        column_axis=axes[-1],
        columns=tuple(str(shown.origin[-1] + column) for column in range(columns)),
        groups=tuple(groups),
    )


def _slice_label(shown: Shown, number: int) -> str:
    """Return which slice of three or more axes the given one is, empty for fewer axes."""
    leading = shown.window[:-2]
    if not leading:
        return ""
    index = []
    for size, start in zip(reversed(leading), reversed(shown.origin[:-2]), strict=True):
        number, position = divmod(number, size)
        index.append(start + position)
    index.reverse()
    axes = shown.axes[: len(leading)]
    if len(axes) == len(leading) and all(axes):
        return place(index, axes)
    return f"[{', '.join(map(str, index))}, :, :]"


def _beside(comparison: Comparison, expected: Shown, actual: Shown, where: str) -> Table:
    """Return a table of one axis: an entry a row, expected, actual and the difference beside it."""
    wrong = set(comparison.wrong)
    pairs = list(zip(expected.values, actual.values, strict=True))
    return _pairs_table(
        f"{comparison.name}, {_('expected and yours')}, {where}",
        actual.axes[0] if actual.axes else "",
        [(str(actual.origin[0] + p), pair, p in wrong) for p, pair in enumerate(pairs)],
    )


def _pairs_table(name: str, axis: str, entries: Sequence[tuple[str, tuple[Entry, Entry], bool]]) -> Table:
    every = [entry for _, pair, _ in entries for entry in pair]
    style = numbers.style(every, [pair for _, pair, is_wrong in entries if is_wrong])
    rows = []
    for label, pair, is_wrong in entries:
        one, other = _written(pair, is_wrong, style)
        gap = abs(numbers.number(pair[1]) - numbers.number(pair[0]))
        off = numbers.short(gap) if is_wrong and math.isfinite(gap) else ""
        rows.append(Row(label, (Cell(one), Cell(other, is_wrong), Cell(off))))
    columns: tuple[str, ...] = (_("expected"), _("yours"), _("off by"))
    if not any(is_wrong for _, _, is_wrong in entries):
        columns = columns[:2]
        rows = [Row(row.label, row.cells[:2]) for row in rows]
    return Table(name, axis, "", columns, (Group("", tuple(rows)),))


def _largest(entries: Sequence[Entry]) -> float:
    finite = [abs(numbers.number(e)) for e in entries if math.isfinite(numbers.number(e))]
    return max(finite, default=0.0)


def _maps(
    comparison: Comparison, expected: Shown, actual: Shown, where: str
) -> tuple[tuple[tuple[str, HeatMap], ...], tuple[Legend, ...]]:
    """Return heat maps of expected, actual and their distance, and what the colours mean."""
    # The expected values set the scale: one absurd entry must not wash out all the others.
    limit = _largest(expected.values) or _largest(actual.values)
    first = comparison.first_wrong
    left = value_map(f"{expected.name}, {_('expected')}, {where}", expected, limit, first)
    right = value_map(f"{actual.name}, {_('yours')}, {where}", actual, limit, first)
    name = f"{actual.name}, {_('difference')}, {where}"
    difference, shades = difference_map(name, comparison, expected, actual)
    maps = ((_("Expected"), left), (_("Yours"), right), (_("Difference"), difference))
    return maps, (value_legend(limit, left, right), shades)


def _listed(comparison: Comparison, expected: Shown, actual: Shown, where: str) -> Table | None:
    entries = []
    for position in comparison.wrong[:_LISTED]:
        pair = (expected.values[position], actual.values[position])
        entries.append((place(_index(actual, position), actual.axes), pair, True))
    if not entries:
        return None
    return _pairs_table(f"{comparison.name}, {_('the first wrong entries')}, {where}", _("entry"), entries)


def _index(shown: Shown, position: int) -> tuple[int, ...]:
    """Return the index in the whole tensor of an entry of the window."""
    index = []
    for size, start in zip(reversed(shown.window), reversed(shown.origin), strict=True):
        position, at = divmod(position, size)
        index.append(start + at)
    return tuple(reversed(index))
