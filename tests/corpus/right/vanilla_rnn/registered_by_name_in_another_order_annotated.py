"""A vanilla RNN."""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

import torch
from torch import Tensor, nn

__all__ = ("VanillaRNN",)


class Result(NamedTuple):
    y: Tensor
    h_n: Tensor


class VanillaRNN(nn.Module):
    """Elman's network."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_h: Tensor
    weight_ho: Tensor
    bias_o: Tensor

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        super(VanillaRNN, self).__init__()
        shapes = dict(
            bias_o=(output_size,), bias_h=(hidden_size,), weight_ho=(output_size, hidden_size),
            weight_hh=(hidden_size, hidden_size), weight_ih=(hidden_size, input_size),
        )
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for name, parameter in self.named_parameters():
            if name.startswith("weight"):
                nn.init.kaiming_uniform_(parameter, a=math.sqrt(5))
            else:
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor, h0: Optional[Tensor] = None) -> Result:
        assert x.ndim == 3
        *_, hidden = self.weight_hh.shape
        h = h0 if isinstance(h0, Tensor) else torch.zeros(x.shape[1], hidden).type_as(x)
        ys: list[Tensor] = []
        for x_t in x:
            h = (x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h).tanh()
            ys += [h @ self.weight_ho.T + self.bias_o]
        return Result(torch.stack(ys), h)
