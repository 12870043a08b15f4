import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.x2h = nn.Linear(n_in, 4 * n)
        self.h2h = nn.Sequential(nn.Linear(n, max(1, n // 2), bias=False),
                                 nn.Linear(max(1, n // 2), 4 * n, bias=False))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        i, f, g, o = (self.x2h(x) + self.h2h(h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c
