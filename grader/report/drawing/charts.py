"""Draws the picture of a check: lines over an axis, or groups of bars."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.report import numbers
from grader.report.drawing.svg import Label
from grader.report.drawing.tables import Cell, Group, Row, Table
from grader.report.language import _
from grader.results.report import Line, Picture

_WIDTH, _HEIGHT = 420, 250
_TOP, _RIGHT, _BOTTOM = 28, 12, 42
_LETTER = 7
_SERIES = 6
"""Colours and markers that the style sheet tells apart; after them they begin again."""
_MARKERS = 24
"""Markers on one line; where a line has more points, only some of them are marked."""
_X_TICKS, _Y_TICKS = 12, 5
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_Numbers = Sequence[float | None]


@dataclass(frozen=True)
class Bar:
    """A bar and its class."""

    style: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Series:
    """Numbers that are drawn with one colour, and what they are called."""

    style: str
    name: str
    numbers: _Numbers
    place: int
    """Which line of the picture it belongs to."""
    marked: bool


@dataclass(frozen=True)
class Sample:
    """An entry of the legend."""

    style: str
    text: str
    marker: str
    """The path of the marker around the origin, empty where there is none."""


@dataclass(frozen=True)
class Chart:
    """A picture in coordinates, with the same in words and in numbers."""

    title: str
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
        span = self.high / 2 - self.low / 2
        # Between two of the smallest floats there is none.
        share = (place / 2 - self.low / 2) / span if span else 0.5
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
    """Return the chart of a picture; `where` distinguishes it from others with the same title."""
    series = [one for place, line in enumerate(picture.lines) for one in _series(place, line)]
    scale = _scale(picture, [number for one in series for number in one.numbers])
    left = 14 + _LETTER * max(len(text) for _, text in scale.ticks)
    count = max((len(one.numbers) for one in series), default=0)
    axis = _Axis(left, max(1, count), picture.bars)
    return Chart(
        title=picture.title,
        description=_description(picture),
        width=_WIDTH,
        height=_HEIGHT,
        plot=Bar("", left, _TOP, _WIDTH - _RIGHT - left, _HEIGHT - _TOP - _BOTTOM),
        x_label=Label((left + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, picture.x, "middle"),
        y_label=Label(4, 14, f"{picture.y}{_(', logarithmic') if picture.log else ''}", "start"),
        x_ticks=tuple(
            Label(axis.x(position), _HEIGHT - _BOTTOM + 16, _x_name(picture, position), "middle")
            for position in (range(count) if picture.ticks else _x_ticks(count, picture.first))
        ),
        y_ticks=tuple(Label(left - 6, scale.down(at), text, "end") for at, text in scale.ticks),
        lines=() if picture.bars else tuple(_lines(series, axis, scale)),
        bars=tuple(_bars(series, axis, scale)) if picture.bars else (),
        has_bars=picture.bars,
        legend=tuple(Sample(s.style, s.name, _marker(s.place, 0, 0) if s.marked else "") for s in series),
        table=_table(picture, series, where),
    )


def _series(place: int, line: Line) -> Iterable[Series]:
    """Yield what is drawn of a line; where nothing stands beside it, it needs no other name."""
    style = f"series-{place % _SERIES}"
    if line.beside and line.expected is not None:
        yield Series(f"{style} beside", line.name, line.expected, place, marked=False)
        return
    if line.expected is not None:
        yield Series(f"{style} expected", f"{line.name}, {_('expected')}", line.expected, place, marked=False)
    if line.actual is not None:
        name = line.name if line.expected is None else f"{line.name}, {_('yours')}"
        yield Series(style, name, line.actual, place, marked=True)


def _x_name(picture: Picture, position: int) -> str:
    if not picture.ticks:
        return str(picture.first + position)
    return picture.ticks[position] if position < len(picture.ticks) else ""


def _scale(picture: Picture, every: _Numbers) -> _Scale:
    finite = [v for v in every if v is not None and math.isfinite(v)]
    if picture.log:
        finite = [v for v in finite if v > 0] or [1.0]
        lowest = math.floor(math.log10(min(finite)))
        highest = max(math.ceil(math.log10(max(finite))), lowest + 1)
        apart = math.ceil((highest - lowest) / _Y_TICKS)
        # Whole multiples, so that 1 is among them, where what grows parts from what shrinks.
        decades = tuple((k, _power(k)) for k in range(lowest, highest + 1) if k % apart == 0)
        return _Scale(lowest, highest, True, decades)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if picture.bars:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        gap = abs(low) / 2 or 1.0
        low, high = low - gap, high + gap
    ticks = _ticks(low, high)
    named = tuple((tick, _tick(tick)) for tick in ticks)
    return _Scale(min(low, ticks[0]), max(high, ticks[-1]), False, named)


def _power(exponent: int) -> str:
    """Return a power of ten, which may be too large or too small for a float."""
    if abs(exponent) < 3:
        return numbers.short(10.0**exponent)
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _tick(value: float) -> str:
    """Return a number of an axis; a whole one of up to six digits as people write it."""
    if value.is_integer() and abs(value) < 1e6:
        return f"{value:.0f}".replace("-", "−")
    return numbers.short(value)


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


def _lines(series: Sequence[Series], axis: _Axis, scale: _Scale) -> Iterable[tuple[str, str]]:
    """Yield class and path of each line, those with markers above the others."""
    for one in sorted(series, key=lambda one: one.marked):
        yield one.style, _path(one.numbers, axis, scale)
        if one.marked:
            yield f"{one.style} marker", _marks(one.place, one.numbers, axis, scale)


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


def _bars(series: Sequence[Series], axis: _Axis, scale: _Scale) -> Iterable[Bar]:
    width = axis.step * 0.8 / max(1, len(series))
    foot = scale.down(scale.low if scale.log else 0.0)
    for slot, one in enumerate(series):
        for position, value in enumerate(one.numbers):
            y = scale.y(value)
            if y is not None:
                x = axis.x(position) - axis.step * 0.4 + slot * width
                top, height = min(y, foot), abs(foot - y)
                yield Bar(one.style, round(x, 2), top, round(width * 0.9, 2), round(height, 2))


def _description(picture: Picture) -> str:
    """Return in words what the chart shows; the numbers are in its table."""
    kind = _("Bars of {0} against {1}") if picture.bars else _("Lines of {0} against {1}")
    names = ", ".join(line.name for line in picture.lines)
    missing = [line.name for line in picture.lines if line.actual is None and not line.beside]
    both = any(line.expected is not None and not line.beside for line in picture.lines)
    text = f"{kind.format(picture.y, picture.x)}: {names}{_('; expected and yours') if both else ''}."
    if missing:
        text += _(" Yours is missing for {0}.").format(", ".join(missing))
    return f"{text} {_('The numbers are in the table below.')}"


def _table(picture: Picture, series: Sequence[Series], where: str) -> Table:
    every = [v for one in series for v in one.numbers if v is not None]
    style = numbers.style(every)
    if picture.log:
        style = numbers.Style(scientific=True, decimals=3)
    elif all(v.is_integer() for v in every) and not style.scientific:
        style = numbers.Style(scientific=False, decimals=0)
    count = max((len(one.numbers) for one in series), default=0)
    rows = tuple(
        Row(
            _x_name(picture, position),
            tuple(Cell(_written(one.numbers, position, style)) for one in series),
        )
        for position in range(count)
    )
    name = f"{_('numbers of {0}').format(picture.title)}, {where}"
    return Table(name, picture.x, "", tuple(one.name for one in series), (Group("", rows),))


def _written(values: _Numbers, position: int, style: numbers.Style) -> str:
    value = values[position] if position < len(values) else None
    return "–" if value is None else numbers.write(value, style)
