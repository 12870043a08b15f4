"""Draws tensors that are too large to read, one coloured square an entry."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.report import numbers
from grader.report.drawing.svg import Label
from grader.report.language import _
from grader.results.report import Comparison, Shown

_WIDTH = 256
_LARGEST_SQUARE = 16
_MARGIN = 34
"""Room for the names and numbers of the axes, above and on the left."""
_LETTER = 7
_STEPS = 4
"""Colours on each side of zero."""
_NOT_FINITE = "heat-x"
_SHADES = 5
"""Shades of a difference."""


@dataclass(frozen=True)
class HeatMap:
    """Squares by colour, each colour one path; the class of a colour is in the style sheet."""

    name: str
    description: str
    width: float
    height: float
    colours: tuple[tuple[str, str], ...]
    labels: tuple[Label, ...]
    frame: tuple[float, float, float, float]
    """Left, top, width and height of the squares together."""
    marked: tuple[float, float, float] | None
    """Left, top and side of the first wrong entry."""


@dataclass(frozen=True)
class Legend:
    """What the colours mean: classes from low to high with a text at both ends, then marks."""

    classes: tuple[str, ...]
    low: str
    high: str
    marks: tuple[tuple[str, str], ...]
    """Class and meaning of what stands beside the scale."""


def slice_size(shown: Shown) -> tuple[int, int]:
    """Return the rows and columns of each slice of a window."""
    return (1, *shown.window)[-2], shown.window[-1]


def value_map(name: str, shown: Shown, limit: float, first_wrong: Sequence[int] | None = None) -> HeatMap:
    """Return the heat map of the values of a tensor, on a scale from -limit to limit."""
    values = [numbers.number(entry) for entry in shown.values]
    finite = [value for value in values if math.isfinite(value)]
    description = _("Heat map of {0}, {1} entries").format(name, _size(shown))
    if shown.dtype == "bool":
        description += _(", {0} of them True").format(f"{sum(values):g}")
    elif finite:
        description += _(" from {0} to {1}").format(numbers.short(min(finite)), numbers.short(max(finite)))
    if len(finite) < len(values):
        description += _("; {0} are not finite").format(len(values) - len(finite))
    classes = [_value_class(value, limit) for value in values]
    return _drawn(name, f"{description}.", shown, classes, first_wrong)


def value_legend(limit: float, *drawn: HeatMap) -> Legend:
    """Return the meaning of the colours of these maps."""
    classes = tuple(f"heat-{step}" for step in range(2 * _STEPS + 1))
    marks = []
    if any(colour == _NOT_FINITE for heat in drawn for colour, _ in heat.colours):
        marks.append((_NOT_FINITE, _("not finite")))
    if any(heat.marked for heat in drawn):
        marks.append(("first-wrong", _("the first wrong entry")))
    return Legend(classes, numbers.short(-limit), numbers.short(limit), tuple(marks))


def truth_legend() -> Legend:
    """Return the meaning of the two colours of a map of truth values."""
    return Legend((f"heat-{_STEPS}", f"heat-{2 * _STEPS}"), "False", "True", ())


def difference_map(
    name: str, comparison: Comparison, expected: Shown, actual: Shown
) -> tuple[HeatMap, Legend]:
    """Return the heat map of the distance from the expected values, and what its shades mean."""
    gaps = [
        abs(numbers.number(a) - numbers.number(e))
        for e, a in zip(expected.values, actual.values, strict=True)
    ]
    wrong = set(comparison.wrong)
    largest = max((gaps[p] for p in wrong if math.isfinite(gaps[p])), default=0.0)
    classes = [_gap_class(gap, largest, p in wrong) for p, gap in enumerate(gaps)]
    description = _("Heat map of {0}, {1} entries: {2} of them are wrong, by {3} at most.").format(
        name, _size(actual), len(wrong), numbers.short(largest)
    )
    drawn = _drawn(name, description, actual, classes, comparison.first_wrong)
    shades = ("gap-0", *(f"gap-{shade}" for shade in range(1, _SHADES + 1)))
    return drawn, Legend(shades, _("right"), _("off by {0}").format(numbers.short(largest)), ())


def _value_class(value: float, limit: float) -> str:
    if not math.isfinite(value):
        return _NOT_FINITE
    share = max(-1.0, min(1.0, value / limit)) if limit else 0.0
    return f"heat-{round(share * _STEPS) + _STEPS}"


def _gap_class(gap: float, largest: float, is_wrong: bool) -> str:
    if not is_wrong:
        return "gap-0"
    if not math.isfinite(gap):
        return _NOT_FINITE
    return f"gap-{max(1, math.ceil(gap / largest * _SHADES)) if largest else 1}"


def _size(shown: Shown) -> str:
    return " × ".join(map(str, shown.window))


def _drawn(
    name: str,
    description: str,
    shown: Shown,
    classes: Sequence[str],
    first_wrong: Sequence[int] | None,
) -> HeatMap:
    """Return the slice of the window that holds the first wrong entry, else the first slice."""
    rows, columns = slice_size(shown)
    position = _position(shown, first_wrong)
    start = (position or 0) // (rows * columns) * rows * columns
    side = max(2, min(_LARGEST_SQUARE, _WIDTH // max(rows, columns)))
    marked = None
    if position is not None:
        row, column = divmod(position - start, columns)
        # Around the square, so that its colour can be seen.
        marked = (_MARGIN + column * side - 1.5, _MARGIN + row * side - 1.5, side + 3)
    labels = _labels(shown, rows, columns, side)
    return HeatMap(
        name=name,
        description=description,
        width=max(_MARGIN + columns * side + _LETTER, _LETTER * len(labels[0].text)),
        height=_MARGIN + rows * side + 5,
        colours=_paths(classes[start : start + rows * columns], columns, side),
        labels=labels,
        frame=(_MARGIN, _MARGIN, columns * side, rows * side),
        marked=marked,
    )


def _position(shown: Shown, index: Sequence[int] | None) -> int | None:
    """Return where an index of the whole tensor is in the window, None where it is not in it."""
    if index is None or len(index) != len(shown.window):
        return None
    position = 0
    for at, start, size in zip(index, shown.origin, shown.window, strict=True):
        if not start <= at < start + size:
            return None
        position = position * size + at - start
    return position


def _paths(classes: Sequence[str], columns: int, side: int) -> tuple[tuple[str, str], ...]:
    """Return one path a colour, equal neighbours in a row drawn as one."""
    parts: dict[str, list[str]] = {}
    start = 0
    for end in range(1, len(classes) + 1):
        if end < len(classes) and end % columns and classes[end] == classes[start]:
            continue
        row, column = divmod(start, columns)
        x, y = _MARGIN + column * side, _MARGIN + row * side
        width = (end - start) * side
        parts.setdefault(classes[start], []).append(f"M{x} {y}h{width}v{side}h-{width}z")
        start = end
    return tuple((name, "".join(parts[name])) for name in sorted(parts))


def _labels(shown: Shown, rows: int, columns: int, side: int) -> tuple[Label, ...]:
    """Return the names of both axes, and the first and last index on each."""
    axes = shown.axes or ("",) * len(shown.window)
    name = f"{axes[-1] or _('column')} →"
    if len(shown.window) > 1:
        name = f"{axes[-2] or _('row')} ↓, {name}"
    labels = [Label(0, 12, name, "start")]
    for column in sorted({0, columns - 1}):
        x = _MARGIN + (column + 0.5) * side
        labels.append(Label(x, _MARGIN - 6, str(shown.origin[-1] + column), "middle"))
    if len(shown.window) > 1:
        for row in sorted({0, rows - 1}):
            y = _MARGIN + (row + 0.5) * side + 4
            labels.append(Label(_MARGIN - 6, y, str(shown.origin[-2] + row), "end"))
    return tuple(labels)
