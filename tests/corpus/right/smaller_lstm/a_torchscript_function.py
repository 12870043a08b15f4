import warnings
from typing import Tuple

import torch
from torch import Tensor

warnings.simplefilter("ignore", DeprecationWarning)


@torch.jit.script
def step(x: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor) -> Tuple[Tensor, Tensor]:
    f, g, o = (x @ w.t() + h @ u.t()).chunk(3, 1)
    f = torch.sigmoid(f)
    c = f * c + (1 - f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.w = nn.Parameter(torch.randn(3 * n, n_in))
        self.u = nn.Parameter(torch.randn(3 * n, n))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        return step(x, h, c, self.w, self.u)