"""Answers that are alike, so that one decision serves a group; and answers that were copied."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.judging.wording import sentences
from grader.results.suggestion import Suggestion

_LIKENESS = 0.6
"""Share of the words of two answers that they have in common, from which on they are in one group."""
_COPIED = 0.8
"""Share of runs of five words in common, from which on an answer may be a copy."""
_RUN = 5
_FEWEST = 12
"""Words from which on an answer can be called a copy: short ones are equal by chance."""
_MOST_PAIRS = 400_000


@dataclass(frozen=True)
class Grouped:
    """The answers to one question in groups."""

    groups: tuple[tuple[str, ...], ...]
    """By name of the submission, the largest first; each is in one."""
    copies: Mapping[str, str]
    """By submission: another one with nearly the same words."""


def grouped(answers: Mapping[str, str], suggestions: Mapping[str, Suggestion]) -> Grouped:
    """Return answers in groups: the same items seen, the same flags, and mostly the same words."""
    words = {name: _words(text) for name, text in answers.items()}
    by_kind: dict[object, list[str]] = {}
    for name in answers:
        one = suggestions[name]
        kind = (one.points, one.seen, tuple(flag.id for flag in one.flags))
        by_kind.setdefault(kind, []).append(name)
    found: list[tuple[str, ...]] = []
    for names in by_kind.values():
        found += _by_likeness(names, {name: frozenset(words[name]) for name in names})
    return Grouped(tuple(sorted(found, key=lambda names: (-len(names), names))), _copies(words))


def _by_likeness(names: Sequence[str], words: Mapping[str, frozenset[str]]) -> list[tuple[str, ...]]:
    """Return groups whose first member is like each other one."""
    groups: list[list[str]] = []
    compared = 0
    for name in names:
        for group in groups:
            compared += 1
            if compared > _MOST_PAIRS or _share(words[group[0]], words[name]) >= _LIKENESS:
                group.append(name)
                break
        else:
            groups.append([name])
    return [tuple(group) for group in groups]


def _copies(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return, by submission, the first other one with the same runs of words."""
    runs = {name: _runs(said) for name, said in words.items() if len(said) >= _FEWEST}
    by_run: dict[str, list[str]] = {}
    for name, own in runs.items():
        for run in own:
            by_run.setdefault(run, []).append(name)
    found: dict[str, str] = {}
    for name, own in runs.items():
        shared: dict[str, int] = {}
        for run in own:
            for other in by_run[run][:50]:
                if other != name:
                    shared[other] = shared.get(other, 0) + 1
        best = max(shared, key=lambda other: shared[other], default="")
        if best and shared[best] / max(1, min(len(own), len(runs[best]))) >= _COPIED:
            found[name] = best
    return found


def _runs(words: Sequence[str]) -> frozenset[str]:
    pieces = (" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))
    return frozenset(hashlib.blake2b(piece.encode(), digest_size=8).hexdigest() for piece in pieces)


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.stem for one in sentences(text) for token in one.tokens)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    whole = len(one | other)
    return len(one & other) / whole if whole else 1.0
