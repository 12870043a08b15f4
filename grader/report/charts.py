"""Draws the picture of a check: lines over an axis, or groups of bars."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.report import numbers
from grader.report.drawing import Label
from grader.report.tables import Cell, Group, Row, Table
from grader.results import Picture

_WIDTH, _HEIGHT = 420, 250
_TOP, _RIGHT, _BOTTOM = 28, 12, 42
_LETTER = 7
_SERIES = 6
"""Colours and markers that the style sheet tells apart; after them they begin again."""
_MARKERS = 24
"""Markers on one line; where a line has more points, only some of them are marked."""
_X_TICKS, _Y_TICKS = 12, 5


@dataclass(frozen=True)
class Bar:
    """A bar and its class."""

    style: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sample:
    """An entry of the legend."""

    style: str
    text: str
    expected: bool
    marker: str
    """The path of the marker around the origin, empty where there is none."""


@dataclass(frozen=True)
class Chart:
    """A picture in coordinates, with the same in words and in numbers."""

    title: str
    caption: str
    description: str
    width: int
    height: int
    plot: Bar
    """The area inside the axes."""
    x_label: Label
    y_label: Label
    x_ticks: tuple[Label, ...]
    y_ticks: tuple[Label, ...]
    lines: tuple[tuple[str, str], ...]
    """Class and path of each."""
    bars: tuple[Bar, ...]
    has_bars: bool
    legend: tuple[Sample, ...]
    table: Table


@dataclass(frozen=True)
class _Scale:
    """Turns numbers into heights; None where a number has no place."""

    low: float
    high: float
    log: bool
    """Whether `low`, `high` and the ticks are exponents of ten."""
    ticks: tuple[tuple[float, str], ...]

    def y(self, value: float | None) -> float | None:
        """Return how far down a number is drawn."""
        if value is None or not math.isfinite(value) or (self.log and value <= 0):
            return None
        return self.down(math.log10(value) if self.log else value)

    def down(self, place: float) -> float:
        """Return how far down a place between `low` and `high` is drawn."""
        # Halves, because the span between two of the largest floats is infinite.
        share = (place / 2 - self.low / 2) / (self.high / 2 - self.low / 2)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP), 2)


@dataclass(frozen=True)
class _Axis:
    """Turns positions in a line into distances from the left."""

    left: float
    count: int
    bars: bool

    @property
    def step(self) -> float:
        """Return the distance between two entries."""
        slots = self.count if self.bars else self.count - 1
        return (_WIDTH - _RIGHT - self.left) / max(1, slots)

    def x(self, position: int) -> float:
        """Return where an entry is drawn; a bar stands in the middle of its slot."""
        shift = 0.5 if self.bars or self.count == 1 else 0
        return round(self.left + (position + shift) * self.step, 2)


def chart(picture: Picture, where: str) -> Chart:
    """Return the chart of a picture; `where` tells it from others with the same title."""
    scale = _scale(picture)
    left = 14 + _LETTER * max(len(text) for _, text in scale.ticks)
    count = max((len(v) for line in picture.lines for v in (line.expected, line.actual or ())), default=0)
    axis = _Axis(left, max(1, count), picture.bars)
    return Chart(
        title=picture.title,
        caption=picture.caption,
        description=_description(picture),
        width=_WIDTH,
        height=_HEIGHT,
        plot=Bar("", left, _TOP, _WIDTH - _RIGHT - left, _HEIGHT - _TOP - _BOTTOM),
        x_label=Label((left + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, picture.x, "middle"),
        y_label=Label(4, 14, f"{picture.y}{', logarithmic' if picture.log else ''}", "start"),
        x_ticks=tuple(
            Label(axis.x(position), _HEIGHT - _BOTTOM + 16, str(picture.first + position), "middle")
            for position in _x_ticks(count, picture.first)
        ),
        y_ticks=tuple(Label(left - 6, scale.down(at), text, "end") for at, text in scale.ticks),
        lines=() if picture.bars else tuple(_lines(picture, axis, scale)),
        bars=tuple(_bars(picture, axis, scale)) if picture.bars else (),
        has_bars=picture.bars,
        legend=tuple(_legend(picture)),
        table=_table(picture, where),
    )


def _scale(picture: Picture) -> _Scale:
    every = [v for line in picture.lines for v in (*line.expected, *(line.actual or ()))]
    finite = [v for v in every if v is not None and math.isfinite(v)]
    if picture.log:
        finite = [v for v in finite if v > 0] or [1.0]
        lowest = math.floor(math.log10(min(finite)))
        highest = max(math.ceil(math.log10(max(finite))), lowest + 1)
        apart = math.ceil((highest - lowest) / _Y_TICKS)
        decades = tuple((k, _power(k)) for k in range(lowest, highest + 1, apart))
        return _Scale(lowest, highest, True, decades)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if picture.bars:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        gap = abs(low) / 2 or 1.0
        low, high = low - gap, high + gap
    ticks = _ticks(low, high)
    named = tuple((tick, numbers.short(tick)) for tick in ticks)
    return _Scale(min(low, ticks[0]), max(high, ticks[-1]), False, named)


def _power(exponent: int) -> str:
    """Return a power of ten, which may be too large or too small for a float."""
    return numbers.short(10.0**exponent) if abs(exponent) < 3 else f"1e{exponent}".replace("-", "−")


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Return round numbers from at most `low` to at least `high`."""
    rough = high / _Y_TICKS - low / _Y_TICKS
    # Near the ends of what a float can hold there are no round numbers to be had.
    if not 1e-290 < rough < 1e290:
        return (low, high)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    # A line far from zero and almost flat: the steps are lost in the rounding.
    if last - first > 2 * _Y_TICKS or (first * step == (first + 1) * step):
        return (low, high)
    return tuple(k * step for k in range(first, last + 1))


def _x_ticks(count: int, first: int) -> list[int]:
    """Return the positions that get a number: round ones, far enough apart."""
    steps = (factor * 10**power for power in range(18) for factor in (1, 2, 5))
    step = next(step for step in steps if count <= _X_TICKS * step)
    return [p for p in range(count) if (first + p) % step == 0] or ([0] if count else [])


def _lines(picture: Picture, axis: _Axis, scale: _Scale) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(picture.lines):
        yield f"series-{number % _SERIES} expected", _path(line.expected, axis, scale)
    for number, line in enumerate(picture.lines):
        if line.actual is not None:
            yield f"series-{number % _SERIES}", _path(line.actual, axis, scale)
            yield f"series-{number % _SERIES} marker", _marks(number, line.actual, axis, scale)


def _path(values: Sequence[float | None], axis: _Axis, scale: _Scale) -> str:
    """Return a line through the finite values, broken where there is none."""
    parts = []
    pen_is_down = False
    for position, value in enumerate(values):
        y = scale.y(value)
        if y is not None:
            parts.append(f"{'L' if pen_is_down else 'M'}{axis.x(position)} {y}")
        pen_is_down = y is not None
    return "".join(parts)


def _marks(number: int, values: Sequence[float | None], axis: _Axis, scale: _Scale) -> str:
    apart = math.ceil(len(values) / _MARKERS)
    marks = []
    for position in range(0, len(values), apart or 1):
        y = scale.y(values[position])
        if y is not None:
            marks.append(_marker(number, axis.x(position), y))
    return "".join(marks)


def _marker(number: int, x: float, y: float) -> str:
    """Return the path of a marker, another shape for each line."""
    match number % _SERIES:
        case 0:
            return f"M{x - 3.5} {y}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"
        case 1:
            return f"M{x - 3} {y - 3}h6v6h-6z"
        case 2:
            return f"M{x} {y - 4}l4 7h-8z"
        case 3:
            return f"M{x} {y - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"
        case 4:
            return f"M{x} {y + 4}l4 -7h-8z"
        case _:
            return f"M{x - 4} {y - 1.5}h8v3h-8z"


def _bars(picture: Picture, axis: _Axis, scale: _Scale) -> Iterable[Bar]:
    beside = sum(1 if line.actual is None else 2 for line in picture.lines)
    width = axis.step * 0.8 / max(1, beside)
    foot = scale.down(scale.low if scale.log else 0.0)
    slot = 0
    for number, line in enumerate(picture.lines):
        for values, kind in ((line.expected, " expected"), (line.actual, "")):
            if values is None:
                continue
            for position, value in enumerate(values):
                y = scale.y(value)
                if y is not None:
                    x = axis.x(position) - axis.step * 0.4 + slot * width
                    style = f"series-{number % _SERIES}{kind}"
                    top, height = min(y, foot), abs(foot - y)
                    yield Bar(style, round(x, 2), top, round(width * 0.9, 2), round(height, 2))
            slot += 1


def _legend(picture: Picture) -> Iterable[Sample]:
    for number, line in enumerate(picture.lines):
        style = f"series-{number % _SERIES}"
        yield Sample(style, f"{line.name}, expected", True, "")
        if line.actual is not None:
            yield Sample(style, f"{line.name}, yours", False, _marker(number, 0, 0))


def _description(picture: Picture) -> str:
    """Return in words what the chart shows; the numbers are in its table."""
    kind = "Bars" if picture.bars else "Lines"
    names = ", ".join(line.name for line in picture.lines)
    missing = [line.name for line in picture.lines if line.actual is None]
    text = f"{kind} of {picture.y} against {picture.x}: {names}; expected and yours."
    if missing:
        text += f" Yours is missing for {', '.join(missing)}."
    return f"{text} The numbers are in the table below."


def _table(picture: Picture, where: str) -> Table:
    columns: list[str] = []
    series: list[Sequence[float | None]] = []
    for line in picture.lines:
        for values, kind in ((line.expected, "expected"), (line.actual, "yours")):
            if values is not None:
                columns.append(f"{line.name}, {kind}")
                series.append(values)
    style = numbers.style([v for values in series for v in values if v is not None])
    if picture.log:
        style = numbers.Style(scientific=True, decimals=3)
    count = max(map(len, series), default=0)
    rows = tuple(
        Row(
            str(picture.first + position),
            tuple(Cell(_written(values, position, style)) for values in series),
        )
        for position in range(count)
    )
    name = f"numbers of {picture.title}, {where}"
    return Table(name, picture.x, "", tuple(columns), (Group("", rows),))


def _written(values: Sequence[float | None], position: int, style: numbers.Style) -> str:
    value = values[position] if position < len(values) else None
    return "–" if value is None else numbers.write(value, style)
