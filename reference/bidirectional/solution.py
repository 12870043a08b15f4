"""A bidirectional LSTM, written out."""

import torch
from torch import Tensor, nn


class BiLSTM(nn.Module):
    """Two LSTMs that read a sequence from its two ends, with the parameters of `torch.nn.LSTM`.

    Each is the LSTM of the documentation of `torch.nn.LSTM`; side by side as in Schuster & Paliwal,
    Bidirectional recurrent neural networks (1997).
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        self.weight_ih_l0_reverse = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh_l0_reverse = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih_l0_reverse = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh_l0_reverse = nn.Parameter(torch.empty(4 * hidden_size))
        bound = hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Return the states of both directions (T, B, 2H), each at its own step of `x` (T, B, I)."""
        ahead = _states(
            x,
            self.weight_ih_l0,
            self.weight_hh_l0,
            self.bias_ih_l0,
            self.bias_hh_l0,
        )
        back = _states(
            x.flip(0),
            self.weight_ih_l0_reverse,
            self.weight_hh_l0_reverse,
            self.bias_ih_l0_reverse,
            self.bias_hh_l0_reverse,
        )
        back = back.flip(0)
        return torch.cat([ahead, back], dim=2)


def _states(x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
    """Return the states h (T, B, H) of an LSTM that reads `x` from its first step, from zeros."""
    h = x.new_zeros(x.shape[1], weight_hh.shape[1])
    c = torch.zeros_like(h)
    hs = []
    for x_t in x:
        from_state = h @ weight_hh.T + bias_hh
        i, f, g, o = (x_t @ weight_ih.T + bias_ih + from_state).chunk(4, dim=1)
        i = torch.sigmoid(i)
        f = torch.sigmoid(f)
        o = torch.sigmoid(o)
        c = f * c + i * torch.tanh(g)
        h = o * torch.tanh(c)
        hs.append(h)
    return torch.stack(hs)
