"""Byte-pair merges."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

Pair = tuple[str, str]


def learn_merges(words: Mapping[str, int], count: int) -> list[Pair]:
    """Return the first `count` merges, or all if there are fewer."""
    symbols = {word: list(word) for word in words}
    merges: list[Pair] = []
    for _ in range(count):
        pairs: Counter[Pair] = Counter()
        for word, parts in symbols.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        symbols = {word: merge(parts, best) for word, parts in symbols.items()}
    return merges


def split(word: str, merges: Sequence[Pair]) -> list[str]:
    """Return the symbols of a word after all merges."""
    parts = list(word)
    for pair in merges:
        parts = merge(parts, pair)
    return parts


def merge(parts: Sequence[str], pair: Sequence[str]) -> list[str]:
    """Return the symbols with each place of the pair replaced, from left to right."""
    first, second = pair
    merged: list[str] = []
    at = 0
    while at < len(parts):
        if at + 1 < len(parts) and parts[at] == first and parts[at + 1] == second:
            merged.append(first + second)
            at += 2
        else:
            merged.append(parts[at])
            at += 1
    return merged
