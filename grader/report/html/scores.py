"""Lays out the distribution of a class's scores."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.report.numbers import points

_BINS = 20
_WIDTH, _HEIGHT = 720, 180
_LEFT, _BOTTOM, _TOP = 44, 28, 18
_GAP = 2


@dataclass(frozen=True)
class Column:
    """One column: how many students have a score from `low` up to `high`."""

    x: float
    y: float
    width: float
    height: float
    count: int
    label: str


@dataclass(frozen=True)
class Histogram:
    """The columns, and the numbers along the axes."""

    width: int
    height: int
    bottom: int
    left: int
    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, str], ...]
    most: int
    top: int


def histogram(scores: Sequence[float], possible: float) -> Histogram:
    """Return the distribution of `scores` from 0 to `possible`; what is above is in the last column."""
    counts = [0] * _BINS
    step = possible / _BINS
    for score in scores:
        counts[min(_BINS - 1, int(score / step + 1e-9)) if step else 0] += 1
    most = max(1, *counts)
    width = (_WIDTH - _LEFT) / _BINS
    room = _HEIGHT - _BOTTOM - _TOP
    columns = []
    for place, count in enumerate(counts):
        height = round(room * count / most, 1)
        low, high = points(place * step), points((place + 1) * step)
        columns.append(
            Column(
                x=round(_LEFT + place * width + _GAP / 2, 1),
                y=round(_HEIGHT - _BOTTOM - height, 1),
                width=round(width - _GAP, 1),
                height=height,
                count=count,
                label=f"{low} to {high}" if place == _BINS - 1 else f"{low} to less than {high}",
            )
        )
    ticks = tuple(
        (round(_LEFT + (_WIDTH - _LEFT) * part / 4, 1), points(possible * part / 4)) for part in range(5)
    )
    return Histogram(_WIDTH, _HEIGHT, _HEIGHT - _BOTTOM, _LEFT, tuple(columns), ticks, most, _TOP)
