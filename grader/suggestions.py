"""Suggestions for a misspelt name."""

import difflib
from collections.abc import Sequence

_SIMILARITY = 0.7
"""From 0 to 1; names that are less similar are not suggested."""


def nearest(name: str, candidates: Sequence[str]) -> str | None:
    """Return the candidate that is most similar to `name`, regardless of case; None if none is similar."""
    lowered = {candidate.lower(): candidate for candidate in candidates}
    wanted = name.lower()

    def likeness(candidate: str) -> tuple[float, int]:
        # 4771 is as similar to 4711 as to 4712: then the letters in the same places count.
        ratio = difflib.SequenceMatcher(None, candidate, wanted).ratio()
        return ratio, sum(one == other for one, other in zip(candidate, wanted, strict=False))

    found = difflib.get_close_matches(wanted, lowered, n=5, cutoff=_SIMILARITY)
    return lowered[max(found, key=likeness)] if found else None
