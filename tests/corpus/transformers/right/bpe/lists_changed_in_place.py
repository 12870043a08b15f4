def replace(symbols, a, b):
    i = 0
    while i < len(symbols) - 1:
        if symbols[i] == a and symbols[i + 1] == b:
            symbols[i : i + 2] = [a + b]
        i += 1


def learn_merges(words, count):
    texts = [[list(word), n] for word, n in words.items()]
    merges = []
    while len(merges) < count:
        counts = {}
        for symbols, n in texts:
            for pair in zip(symbols, symbols[1:]):
                counts[pair] = counts.get(pair, 0) + n
        if not counts:
            break
        most = max(counts.values())
        a, b = min(pair for pair in counts if counts[pair] == most)
        for symbols, _ in texts:
            replace(symbols, a, b)
        merges.append([a, b])
    return merges


def split(word, merges):
    symbols = list(word)
    for a, b in merges:
        replace(symbols, a, b)
    return symbols
