"""A cell."""

from __future__ import annotations

import math
from typing import Optional, Tuple

import torch
from torch import Tensor, nn
from torch.nn import Parameter, init

__all__ = ["LSTMCell"]
__author__ = "a student"


class LSTMCell(nn.Module):
    """One step."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor
    __constants__ = ["input_size", "hidden_size"]

    def __init__(self, input_size: int, hidden_size: int) -> None:
        self.input_size: int
        self.hidden_size: int
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        shapes = {
            "bias_hh": (4 * hidden_size,),
            "bias_ih": (4 * hidden_size,),
            "weight_hh": (4 * hidden_size, hidden_size),
            "weight_ih": (4 * hidden_size, input_size),
        }
        for name, shape in shapes.items():
            self.register_parameter(name, Parameter(torch.empty(*shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.xavier_uniform_(self.weight_ih)
        for block in self.weight_hh.chunk(4):
            init.orthogonal_(block)
        init.zeros_(self.bias_hh)
        init.uniform_(self.bias_ih, -1 / math.sqrt(self.hidden_size), 1)
        with torch.no_grad():
            self.bias_ih[self.hidden_size : 2 * self.hidden_size].fill_(1.0)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}"

    def forward(
        self, x: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None
    ) -> Tuple[Tensor, Tensor]:
        assert x.dim() == 2, "the inputs have a batch axis"
        match state:
            case None:
                h = c = torch.zeros((len(x), self.hidden_size)).to(x)
            case (h, c):
                pass
        projected = x @ self.weight_ih.mT + self.bias_ih
        projected = projected + (h @ self.weight_hh.mT + self.bias_hh)
        i, f, g, o = projected.chunk(4, dim=1)
        c = (f.sigmoid() * c) + (i.sigmoid() * g.tanh())
        return o.sigmoid() * c.tanh(), c
