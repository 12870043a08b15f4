import math

import torch
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    pe: Tensor

    def __init__(self, d_model: int, max_len: int = 5000) -> None:
        super().__init__()
        place = torch.arange(d_model)
        rate = 1 / 10000 ** ((place - place % 2).double() / d_model)
        phase = (place % 2) * math.pi / 2
        table = torch.sin(torch.outer(torch.arange(max_len).double(), rate) + phase)
        self.register_buffer("pe", table)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, width = x.size()
        out = torch.empty_like(x)
        for b in range(batch):
            out[b] = x[b] + self.pe[0:steps, :]
        return out
