"""Scaled dot-product attention with masks."""

import torch
from torch import Tensor


def attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return output (…, Q, V) and weights (…, Q, K) of query (…, Q, D), key (…, K, D), value (…, K, V)."""
    scores = query @ key.transpose(-2, -1)
    scores = scores / query.shape[-1] ** 0.5
    if mask is not None:
        if mask.dtype == torch.bool:
            scores = scores.masked_fill(~mask, float("-inf"))
        else:
            scores = scores + mask
    weights = scores.softmax(dim=-1)
    return weights @ value, weights
