from collections import Counter


def merged(symbols, pair):
    if len(symbols) < 2:
        return symbols
    if symbols[:2] == list(pair):
        return ["".join(pair)] + merged(symbols[2:], pair)
    return symbols[:1] + merged(symbols[1:], pair)


def learn(texts, count):
    counts = Counter()
    for symbols, n in texts:
        for pair in zip(symbols[:-1], symbols[1:]):
            counts.update({pair: n})
    if not counts or count <= 0:
        return []
    highest = counts.most_common(1)[0][1]
    pair = sorted(p for p, n in counts.items() if n == highest)[0]
    return [pair] + learn([(merged(symbols, pair), n) for symbols, n in texts], count - 1)


def learn_merges(words, count):
    return learn([(list(word), n) for word, n in words.items()], count)


def split(word, merges):
    return split_symbols(list(word), list(merges))


def split_symbols(symbols, merges):
    return split_symbols(merged(symbols, merges[0]), merges[1:]) if merges else symbols
