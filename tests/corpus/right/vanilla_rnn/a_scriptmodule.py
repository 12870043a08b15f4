from typing import List, Optional, Tuple

import torch
from torch import Tensor, nn


class VanillaRNN(torch.jit.ScriptModule):
    def __init__(self, input_size: int, hidden_size: int, output_size: int):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.randn(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.randn(output_size))

    @torch.jit.script_method
    def forward(self, x: Tensor, h0: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        if h0 is None:
            h = torch.zeros(x.size(1), self.weight_hh.size(0), dtype=x.dtype)
        else:
            h = h0
        ys: List[Tensor] = []
        for x_t in x.unbind(0):
            h = torch.tanh(x_t @ self.weight_ih.t() + h @ self.weight_hh.t() + self.bias_h)
            ys.append(h @ self.weight_ho.t() + self.bias_o)
        return torch.stack(ys), h
