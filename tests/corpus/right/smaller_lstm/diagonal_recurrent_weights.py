import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.W = nn.Linear(n_in, 4 * n)
        self.u = nn.Parameter(torch.randn(4, n))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        i, f, g, o = (z + u * h for z, u in zip(self.W(x).chunk(4, 1), self.u))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
