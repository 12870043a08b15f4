"""Writes numbers with as many digits as it takes to see what differs."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Entry = float | int | bool | str
"""An entry of a tensor; what is not finite is a text."""

_DECIMALS = 4
_MOST_DECIMALS = 16
_LARGE, _SMALL = 1e6, 1e-3


@dataclass(frozen=True)
class Style:
    """How the numbers of one table are written."""

    scientific: bool
    decimals: int


def points(value: float) -> str:
    """Return points without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def signed_points(value: float) -> str:
    """Return a change of points with its sign; the minus sign is the typographical one."""
    return f"+{points(value)}" if value > 0 else points(value).replace("-", "−")


def size(count: int) -> str:
    """Return a number of bytes with its unit: `1 GiB`, `64 KiB`."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if count >= 1 << power:
            return f"{count / (1 << power):g} {unit}"
    return f"{count} bytes"


def short(value: float) -> str:
    """Return a number for a sentence or an axis: three digits, without needless zeros.

    The minus sign is the typographical one: no line breaks after it.
    """
    text = f"{value + 0.0:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    return text.replace("-", "−")


def number(entry: Entry) -> float:
    """Return an entry as a number; NaN for what is none."""
    try:
        return float(entry)
    except ValueError:
        return math.nan


def style(entries: Iterable[Entry], pairs: Sequence[tuple[Entry, Entry]] = ()) -> Style:
    """Return how to write `entries` so that most of the differing `pairs` can be told apart."""
    sizes = [abs(e) for e in entries if isinstance(e, float) and math.isfinite(e) and e]
    largest = max(sizes, default=1.0)
    scientific = largest >= _LARGE or largest < _SMALL
    decimals = 1 if not scientific and all(size.is_integer() for size in sizes) else _DECIMALS
    needs = [_needed(one, other, scientific) for one, other in pairs]
    if needs:
        decimals = max(decimals, statistics.median_high(needs))
    return Style(scientific, decimals)


def write(entry: Entry, style: Style) -> str:
    """Return one entry in the style of its table."""
    if not isinstance(entry, float):
        return str(entry)
    text = f"{entry:.{style.decimals}{'e' if style.scientific else 'f'}}"
    # What is not zero must not look like it.
    return f"{entry:.1e}" if entry and not float(text) else text


def write_apart(one: Entry, other: Entry, style: Style) -> tuple[str, str]:
    """Return two entries in the style of their table, with more digits where they look the same."""
    decimals = max(style.decimals, _needed(one, other, style.scientific))
    finer = Style(style.scientific, decimals)
    texts = write(one, finer), write(other, finer)
    if texts[0] == texts[1] and one != other:
        return str(one), str(other)
    return texts


def _needed(one: Entry, other: Entry, scientific: bool) -> int:
    """Return the decimals that show two digits of the difference."""
    gap = abs(number(one) - number(other))
    if not math.isfinite(gap) or gap == 0:
        return 0
    lowest = math.floor(math.log10(gap))
    highest = 0
    if scientific:
        highest = math.floor(math.log10(max(abs(number(one)), abs(number(other)))))
    return min(_MOST_DECIMALS, max(0, highest - lowest + 1))
