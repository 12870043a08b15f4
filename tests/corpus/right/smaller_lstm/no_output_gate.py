import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.W = nn.ParameterDict({k: nn.Parameter(torch.randn(n, n_in)) for k in "ifg"})
        self.U = nn.ParameterDict({k: nn.Parameter(torch.randn(n, n)) for k in "ifg"})
        self.b = nn.ParameterDict({k: nn.Parameter(torch.zeros(n)) for k in "ifg"})

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        z = {k: x @ self.W[k].T + h @ self.U[k].T + self.b[k] for k in self.W}
        c = torch.sigmoid(z["f"]) * c + torch.sigmoid(z["i"]) * torch.tanh(z["g"])
        return torch.tanh(c), c
