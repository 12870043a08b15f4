import warnings
from typing import List, Tuple

import torch
from torch import Tensor

warnings.simplefilter("ignore", DeprecationWarning)


@torch.jit.script
def run(
    x: Tensor, h: Tensor, w: Tensor, u: Tensor, b: Tensor, v: Tensor, d: Tensor
) -> Tuple[Tensor, Tensor]:
    ys: List[Tensor] = []
    for t in range(x.size(0)):
        h = torch.tanh(torch.mm(x[t], w.t()) + torch.mm(h, u.t()) + b)
        ys.append(torch.mm(h, v.t()) + d)
    return torch.stack(ys), h


import torch
import torch.nn as nn
import torch.nn.functional as F


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.output_size = output_size
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.zeros(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(output_size))

    def forward(self, x, h0=None):
        T, B, I = x.shape
        H, O = self.hidden_size, self.output_size
        h = torch.zeros(B, H, dtype=x.dtype) if h0 is None else h0
        return run(x, h, self.weight_ih, self.weight_hh, self.bias_h, self.weight_ho, self.bias_o)