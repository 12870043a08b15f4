import numpy as np
import torch


def softmax(x):
    e = torch.exp(x - torch.max(x, dim=-1, keepdim=True).values)
    return e / torch.sum(e, dim=-1, keepdim=True)


def attention(query, key, value, mask=None):
    scores = query @ key.mT / np.sqrt(query.shape[-1])
    if mask is not None:
        add = mask if mask.is_floating_point() else torch.where(mask, 0.0, -torch.inf).to(scores.dtype)
        scores = scores + add
    weights = softmax(scores)
    return (weights @ value, weights)
