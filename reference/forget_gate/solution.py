"""An LSTM whose forget gate can be held at a fixed value."""

import torch
from torch import Tensor


def ablated_lstm(
    x: Tensor,
    h0: Tensor,
    c0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    bias_hh: Tensor,
    forget_gate: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the states `hs` and `cs` (T, B, H) of an LSTM after every step of `x` (T, B, I).

    The equations are those of the documentation of `torch.nn.LSTMCell`; where `forget_gate` is a
    number, it takes the place of the forget gate's output (after the sigmoid) everywhere.
    """
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("the forget gate lies between 0 and 1")
    h, c = h0, c0
    hs, cs = [], []
    for x_t in x:
        gates = x_t @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = gates.chunk(4, dim=1)
        kept = torch.sigmoid(f) if forget_gate is None else forget_gate
        c = kept * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)
