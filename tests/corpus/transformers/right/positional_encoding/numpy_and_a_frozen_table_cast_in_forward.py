import numpy as np
import torch
import torch.nn as nn


def sinusoids(length, channels):
    angles = np.arange(length)[:, np.newaxis] / np.power(10000, 2 * (np.arange(channels)[np.newaxis] // 2) / channels)
    angles[:, 0::2] = np.sin(angles[:, 0::2])
    angles[:, 1::2] = np.cos(angles[:, 1::2])
    return angles


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=5000):
        super().__init__()
        self.table = torch.from_numpy(sinusoids(max_len, d_model))

    def forward(self, x):
        return x + self.table[: x.size(1)].to(dtype=x.dtype, device=x.device)
