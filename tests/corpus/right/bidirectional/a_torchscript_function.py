import warnings
from typing import List

import torch
from torch import Tensor

warnings.simplefilter("ignore", DeprecationWarning)


@torch.jit.script
def run(x: Tensor, w: Tensor, u: Tensor, a: Tensor, b: Tensor, reverse: bool) -> Tensor:
    if reverse:
        x = x.flip(0)
    h = torch.zeros(x.size(1), u.size(1), dtype=x.dtype)
    c = torch.zeros_like(h)
    hs: List[Tensor] = []
    for t in range(x.size(0)):
        i, f, g, o = (x[t] @ w.t() + a + h @ u.t() + b).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
    if reverse:
        hs.reverse()
    return torch.stack(hs)


import torch
import torch.nn as nn
import torch.nn.functional as F


class BiLSTM(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        for suffix in ("", "_reverse"):
            for name, shape in (
                ("weight_ih_l0", (4 * hidden_size, input_size)),
                ("weight_hh_l0", (4 * hidden_size, hidden_size)),
                ("bias_ih_l0", (4 * hidden_size,)),
                ("bias_hh_l0", (4 * hidden_size,)),
            ):
                self.register_parameter(name + suffix, nn.Parameter(torch.randn(shape) * 0.1))

    def weights(self, suffix):
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        return [getattr(self, name + suffix) for name in names]

    def forward(self, x):
        T, B, I = x.shape
        H = self.hidden_size
        W, U, b, d = self.weights("")
        ahead = run(x, W, U, b, d, False)
        W, U, b, d = self.weights("_reverse")
        return torch.cat([ahead, run(x, W, U, b, d, True)], dim=2)
