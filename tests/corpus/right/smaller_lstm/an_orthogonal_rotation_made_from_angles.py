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
        self.skew = nn.Parameter(torch.randn(n, n) * 0.1)

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        rotation = torch.linalg.matrix_exp(self.skew - self.skew.T)
        f, g, o = self.x2h(x).chunk(3, 1)
        turned = h @ rotation.T
        f = torch.sigmoid(f + turned)
        c = f * c + (1 - f) * torch.tanh(g + turned)
        return torch.sigmoid(o) * torch.tanh(c), c
