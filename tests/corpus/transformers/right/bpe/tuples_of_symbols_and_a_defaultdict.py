from collections import defaultdict


def get_stats(vocab):
    pairs = defaultdict(int)
    for symbols, freq in vocab:
        for i in range(len(symbols) - 1):
            pairs[symbols[i], symbols[i + 1]] += freq
    return pairs


def merge(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == tuple(pair):
            out.append(symbols[i] + symbols[i + 1])
            i = i + 2
        else:
            out.append(symbols[i])
            i = i + 1
    return tuple(out)


def learn_merges(words, count):
    vocab = [(tuple(word), freq) for word, freq in words.items()]
    merges = []
    for _ in range(count):
        pairs = get_stats(vocab)
        if len(pairs) == 0:
            return merges
        best = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[0][0]
        vocab = [(merge(symbols, best), freq) for symbols, freq in vocab]
        merges.append(best)
    return merges


def split(word, merges):
    symbols = tuple(word)
    for pair in merges:
        symbols = merge(symbols, pair)
    return symbols
