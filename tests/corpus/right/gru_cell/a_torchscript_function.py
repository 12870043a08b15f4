import warnings

import torch
from torch import Tensor

warnings.simplefilter("ignore", DeprecationWarning)


@torch.jit.script
def step(x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, d: Tensor) -> Tensor:
    i_r, i_z, i_n = (torch.mm(x, w.t()) + b).chunk(3, 1)
    h_r, h_z, h_n = (torch.mm(h, u.t()) + d).chunk(3, 1)
    z = torch.sigmoid(i_z + h_z)
    n = torch.tanh(i_n + torch.sigmoid(i_r + h_r) * h_n)
    return (1 - z) * n + z * h


import torch
import torch.nn as nn
import torch.nn.functional as F


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(3 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(3 * hidden_size))

    def forward(self, x, h=None):
        H = self.hidden_size
        if h is None:
            h = x.new_zeros(x.size(0), H)
        return step(x, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)