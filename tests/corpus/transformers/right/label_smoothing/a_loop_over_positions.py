def smoothed_cross_entropy(logits, target, smoothing=0.1, padding=-1):
    total, count = 0.0, 0
    for scores, wanted in zip(logits, target.tolist()):
        if wanted == padding:
            continue
        logs = scores - scores.logsumexp(0)
        total = total - (1 - smoothing) * logs[wanted] - smoothing / len(logs) * logs.sum()
        count += 1
    return total / count
