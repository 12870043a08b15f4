"""How often those who wait for a submission look how far it is."""

_SECONDS = 0.4
_MOST_SECONDS = 5.0
_SOON = 10
"""Submissions ahead with which the time is twice the shortest."""


def pause(ahead: int) -> float:
    """Return the seconds until the next look at a submission with `ahead` others before it.

    The longer the queue is, the more people wait. If all looked as often as the first, uploads would wait.
    """
    return min(_SECONDS * (1 + ahead / _SOON), _MOST_SECONDS)
