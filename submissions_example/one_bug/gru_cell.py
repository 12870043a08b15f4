# Homework 3: GRU cell
import torch
from torch import nn


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        H = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(3 * H, input_size) / H**0.5)
        self.weight_hh = nn.Parameter(torch.randn(3 * H, H) / H**0.5)
        self.bias_ih = nn.Parameter(torch.zeros(3 * H))
        self.bias_hh = nn.Parameter(torch.zeros(3 * H))

    def forward(self, x, h=None):
        H = self.weight_hh.shape[1]
        if h is None:
            h = torch.zeros(x.shape[0], H).to(x)
        gi = torch.einsum("bi,gi->bg", x, self.weight_ih) + self.bias_ih
        gh = torch.einsum("bh,gh->bg", h, self.weight_hh) + self.bias_hh
        r = torch.sigmoid(gi[:, :H] + gh[:, :H])
        z = torch.sigmoid(gi[:, H : 2 * H] + gh[:, H : 2 * H])
        n = torch.tanh(gi[:, 2 * H :] + r * gh[:, 2 * H :])
        return (1 - z) * n + z * h
