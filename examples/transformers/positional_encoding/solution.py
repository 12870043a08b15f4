"""Sinusoidal positional encoding."""

import torch
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    """Adds sines and cosines of the position, as in Vaswani et al. 2017."""

    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        even = torch.arange(0, d_model, 2)
        angle = position / 10000 ** (even / d_model)
        table = torch.zeros(max_len, d_model)
        table[:, 0::2] = torch.sin(angle)
        table[:, 1::2] = torch.cos(angle)
        self.register_buffer("table", table)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (B, T, E) plus the encoding of positions 0 … T - 1."""
        return x + self.table[: x.shape[1]]
