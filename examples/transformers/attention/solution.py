"""Scaled dot-product attention with masks."""

import torch
from torch import Tensor


def attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return the output (…, Q, V) and the weights (…, Q, K).

    query is (…, Q, D), key (…, K, D), value (…, K, V), mask bool or added to the scores.
    """
    scores = query @ key.transpose(-2, -1)
    scores = scores / query.shape[-1] ** 0.5
    if mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, float("-inf"))
    elif mask is not None:
        scores = scores + mask
    weights = scores.softmax(dim=-1)
    return weights @ value, weights
