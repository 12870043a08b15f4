"""Suggestions for a misspelt name."""

import difflib
from collections.abc import Sequence

_SIMILARITY = 0.7
"""From 0 to 1; names that are less similar are not suggested."""


def nearest(name: str, candidates: Sequence[str]) -> str | None:
    """Return the candidate that is most similar to `name`, regardless of case; None if none is similar."""
    lowered = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=_SIMILARITY)
    return lowered[found[0]] if found else None
