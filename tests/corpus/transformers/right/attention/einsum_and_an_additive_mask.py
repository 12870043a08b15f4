import torch


def attention(q, k, v, mask=None):
    bias = torch.zeros((), dtype=q.dtype)
    if mask is not None:
        if mask.dtype == torch.bool:
            bias = torch.zeros(mask.shape, dtype=q.dtype)
            bias[~mask] = -torch.inf
        else:
            bias = mask
    scores = torch.einsum("...qd,...kd->...qk", q, k) * q.shape[-1] ** -0.5 + bias
    weights = torch.softmax(scores, -1)
    return torch.einsum("...qk,...kv->...qv", weights, v), weights
