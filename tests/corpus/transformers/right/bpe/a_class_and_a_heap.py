import heapq
from collections import Counter
from itertools import chain, pairwise, repeat


class BPE:
    def __init__(self, words):
        self.words = {tuple(word): n for word, n in words.items()}

    def pairs(self):
        return Counter(chain.from_iterable(repeat(p, n) for w, n in self.words.items() for p in pairwise(w)))

    def best(self):
        heap = [(-n, pair) for pair, n in self.pairs().items()]
        heapq.heapify(heap)
        return heap[0][1] if heap else None

    def apply(self, pair):
        merged = Counter()
        for word, n in self.words.items():
            merged[tuple(apply(word, pair))] += n
        self.words = merged


def apply(word, pair):
    symbols = iter(word)
    held = next(symbols, None)
    while held is not None:
        following = next(symbols, None)
        if (held, following) == tuple(pair):
            yield held + following
            held = next(symbols, None)
        else:
            yield held
            held = following


def learn_merges(words, count):
    model, merges = BPE(words), []
    for _ in range(count):
        pair = model.best()
        if pair is None:
            break
        merges.append(pair)
        model.apply(pair)
    return tuple(merges)


def split(word, merges):
    for pair in merges:
        word = list(apply(word, pair))
    return list(word)
