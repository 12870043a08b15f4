"""The parameters of an LSTM cell, and a cell with fewer of them."""

import torch
from torch import Tensor, nn


def count_lstm_parameters(input_size: int, hidden_size: int) -> int:
    """Return the number of weights and biases of `torch.nn.LSTMCell`.

    Its documentation lists them: four blocks of rows in each of two matrices and two bias vectors.
    """
    weights = input_size * hidden_size + hidden_size * hidden_size
    biases = 2 * hidden_size
    return 4 * (weights + biases)


class SmallerLSTMCell(nn.Module):
    """An LSTM cell whose input gate is what the forget gate leaves, with one bias instead of two.

    Coupled gates are the variant CIFG of Greff et al., LSTM: a search space odyssey (2017). Three
    blocks of rows instead of four, and one bias: 3 H (I + H + 1) parameters instead of
    4 H (I + H + 2).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(3 * hidden_size))
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Return the next `(h, c)` for inputs `x` (B, I) and a state `(h, c)`, zeros if None."""
        if state is None:
            zeros = x.new_zeros(x.shape[0], self.hidden_size)
            state = (zeros, zeros)
        h, c = state
        from_state = h @ self.weight_hh.T
        f, g, o = (x @ self.weight_ih.T + from_state + self.bias).chunk(3, dim=1)
        f = torch.sigmoid(f)
        g = torch.tanh(g)
        o = torch.sigmoid(o)
        c = f * c + (1 - f) * g
        h = o * torch.tanh(c)
        return h, c
