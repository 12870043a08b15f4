import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.weight_ih = nn.Parameter(torch.randn(n, n_in))
        self.weight_hh = nn.Parameter(torch.randn(n, n))
        self.bias = nn.Parameter(torch.zeros(4, n))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        shared = F.linear(x, self.weight_ih) + F.linear(h, self.weight_hh)
        i, f, g, o = (shared + b for b in self.bias)
        c = i.sigmoid() * g.tanh() + f.sigmoid() * c
        return o.sigmoid() * c.tanh(), c
