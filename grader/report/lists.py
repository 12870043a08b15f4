"""Lists in sentences."""

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """Return one or more names as an English sentence lists them: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
