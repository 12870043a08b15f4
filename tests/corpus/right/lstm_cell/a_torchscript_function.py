import warnings
from typing import Tuple

import torch

warnings.simplefilter("ignore", DeprecationWarning)


@torch.jit.script
def step(
    x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, w_ih: torch.Tensor,
    w_hh: torch.Tensor, b_ih: torch.Tensor, b_hh: torch.Tensor,
) -> Tuple[torch.Tensor, torch.Tensor]:
    gates = torch.mm(x, w_ih.t()) + b_ih + torch.mm(h, w_hh.t()) + b_hh
    i, f, g, o = gates.chunk(4, 1)
    cy = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cy), cy


import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def start(self, x, state):
        if state is not None:
            return state
        zeros = torch.zeros(x.size(0), self.hidden_size, dtype=x.dtype, device=x.device)
        return zeros, zeros

    def forward(self, x, state=None):
        h, c = self.start(x, state)
        return step(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)