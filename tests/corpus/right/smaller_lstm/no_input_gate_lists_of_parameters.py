import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.W = nn.ParameterList(torch.randn(n, n_in) for _ in range(3))
        self.U = nn.ParameterList(torch.randn(n, n) for _ in range(3))
        self.b = nn.ParameterList(torch.randn(n) for _ in range(3))

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        f, g, o = [x @ W.T + h @ U.T + b for W, U, b in zip(self.W, self.U, self.b)]
        c = c * torch.sigmoid(f) + torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
