import torch
from torch import nn


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        # start as torch does
        start = nn.LSTMCell(input_size, hidden_size)
        for name, value in start.named_parameters():
            setattr(self, name, nn.Parameter(value.detach().clone()))
        self.hidden_size = hidden_size

    def forward(self, x, state=None):
        h, c = state if state else [x.new_zeros(len(x), self.hidden_size)] * 2
        gates = x @ self.weight_ih.t() + h @ self.weight_hh.t()
        i, f, g, o = (gates + self.bias_ih + self.bias_hh).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
