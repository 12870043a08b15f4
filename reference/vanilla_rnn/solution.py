"""A vanilla RNN with an output layer, written out."""

import torch
from torch import Tensor, nn


class VanillaRNN(nn.Module):
    """An Elman network: one hidden layer that feeds back on itself, and a linear output layer.

    The equations are 10.8 to 10.11 of Goodfellow, Bengio & Courville, Deep Learning (2016), after
    Elman, Finding Structure in Time (1990).
    """

    def __init__(self, input_size: int, hidden_size: int, output_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.empty(hidden_size))
        self.weight_ho = nn.Parameter(torch.empty(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.empty(output_size))
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the outputs (T, B, O) for `x` (T, B, I) and the last state, from `h0` (B, H)."""
        h = x.new_zeros(x.shape[1], self.hidden_size) if h0 is None else h0
        ys = []
        for x_t in x:
            from_input = x_t @ self.weight_ih.T
            from_state = h @ self.weight_hh.T
            h = torch.tanh(from_input + from_state + self.bias_h)
            y = h @ self.weight_ho.T + self.bias_o
            ys.append(y)
        return torch.stack(ys), h
