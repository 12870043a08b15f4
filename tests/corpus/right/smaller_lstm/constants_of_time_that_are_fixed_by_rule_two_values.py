import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.all = nn.Linear(n_in + n, 3 * n)
    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        rate = torch.where(torch.arange(self.n) % 2 == 0, 1.0, 0.5).to(x.dtype)
        f, g, o = self.all(torch.cat([x, h], 1)).chunk(3, 1)
        f = torch.sigmoid(rate * f)
        c = f * c + (1 - f) * g.tanh()
        return o.sigmoid() * c.tanh(), c
