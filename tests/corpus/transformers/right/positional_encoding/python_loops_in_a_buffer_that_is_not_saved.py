from math import cos, sin

import torch
from torch import nn


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        rows = []
        for t in range(max_len):
            row = []
            for i in range(d_model // 2):
                angle = t / 10000 ** (2 * i / d_model)
                row += [sin(angle), cos(angle)]
            rows.append(row)
        self.register_buffer("pe", torch.tensor(rows), persistent=False)

    def forward(self, x):
        _, T, _ = x.shape
        return x + self.pe[:T].unsqueeze(0).expand_as(x)
