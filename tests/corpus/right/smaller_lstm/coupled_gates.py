import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.x2h = nn.Linear(n_in, 3 * n)
        self.h2h = nn.Linear(n, 3 * n)

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        f, g, o = (self.x2h(x) + self.h2h(h)).chunk(3, 1)
        f = torch.sigmoid(f)
        c = f * c + (1 - f) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
