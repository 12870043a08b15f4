"""An LSTM cell, written out."""

import torch
from torch import Tensor, nn


class LSTMCell(nn.Module):
    """One step of a long short-term memory, with the parameters of `torch.nn.LSTMCell`.

    The equations are those of the documentation of `torch.nn.LSTMCell`: Hochreiter & Schmidhuber
    (1997) with the forget gate of Gers, Schmidhuber & Cummins (2000).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.empty(4 * hidden_size))
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the next `(h, c)` for inputs `x` (B, I) and a state `(h, c)`, zeros if None."""
        if state is None:
            zeros = x.new_zeros(x.shape[0], self.hidden_size)
            state = (zeros, zeros)
        h, c = state
        from_input = x @ self.weight_ih.T + self.bias_ih
        from_state = h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = (from_input + from_state).chunk(4, dim=1)
        i = torch.sigmoid(i)
        f = torch.sigmoid(f)
        g = torch.tanh(g)
        o = torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        return h, c
