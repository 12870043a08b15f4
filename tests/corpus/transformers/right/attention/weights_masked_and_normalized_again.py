import torch
from torch import Tensor


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor = None) -> list:
    d = torch.tensor(query.shape[-1])
    scores = query.matmul(key.transpose(-1, -2)) / torch.sqrt(d)
    may = torch.ones_like(scores, dtype=torch.bool)
    if mask is not None:
        may = may & (mask if mask.dtype == torch.bool else torch.isfinite(mask))
    largest = torch.where(may, scores, torch.finfo(scores.dtype).min).amax(-1, keepdim=True)
    e = torch.where(may, (scores - largest).clamp(max=0).exp(), 0.0)
    weights = e / e.sum(-1, keepdim=True)
    return [weights @ value, weights]
