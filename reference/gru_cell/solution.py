"""A GRU cell, written out."""

import torch
from torch import Tensor, nn


class GRUCell(nn.Module):
    """One step of a gated recurrent unit, with the parameters of `torch.nn.GRUCell`.

    The equations are those of the documentation of `torch.nn.GRUCell`: Cho et al. (2014), with the
    reset gate applied after the product with the recurrent weights.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(3 * hidden_size))
        self.bias_hh = nn.Parameter(torch.empty(3 * hidden_size))
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """Return the next `h` for the inputs `x` (B, I) and the state `h` (B, H), zeros if None."""
        if h is None:
            h = x.new_zeros(x.shape[0], self.hidden_size)
        from_input = x @ self.weight_ih.T + self.bias_ih
        from_state = h @ self.weight_hh.T + self.bias_hh
        input_r, input_z, input_n = from_input.chunk(3, dim=1)
        state_r, state_z, state_n = from_state.chunk(3, dim=1)
        r = torch.sigmoid(input_r + state_r)
        z = torch.sigmoid(input_z + state_z)
        n = torch.tanh(input_n + r * state_n)
        return (1 - z) * n + z * h
