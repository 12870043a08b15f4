def attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(mask == False, -1e30)
    weights = scores.softmax(-1)
    return weights @ value, weights
