"""A batch from sentences of different lengths."""

from collections.abc import Sequence

import torch
from torch import Tensor


def collate(
    examples: Sequence[tuple[list[int], int]], pad: int = 0, max_length: int | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids (B, T), the mask of tokens (B, T) and labels (B,)."""
    sentences = [tokens[:max_length] for tokens, _ in examples]
    longest = max(len(tokens) for tokens in sentences)
    ids = torch.full((len(examples), longest), pad)
    mask = torch.zeros(len(examples), longest, dtype=torch.bool)
    for row, tokens in enumerate(sentences):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = True
    labels = torch.tensor([label for _, label in examples])
    return ids, mask, labels
