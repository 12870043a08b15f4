import re


def merge_text(text, pair):
    pattern = re.compile(r"(?<!\S)" + re.escape(" ".join(pair)) + r"(?!\S)")
    return pattern.sub("".join(pair), text)


def learn_merges(words, count):
    vocab = {" ".join(word): freq for word, freq in words.items()}
    merges = []
    for i in range(count):
        stats = {}
        for text, freq in vocab.items():
            symbols = text.split()
            for pair in zip(symbols, symbols[1:]):
                stats[pair] = stats.get(pair, 0) + freq
        if not stats:
            break
        best = min(stats, key=lambda p: (-stats[p], p))
        vocab = {merge_text(text, best): freq for text, freq in vocab.items()}
        merges.append(best)
    return merges


def split(word, merges):
    text = " ".join(word)
    for pair in merges:
        text = merge_text(text, pair)
    return text.split()
