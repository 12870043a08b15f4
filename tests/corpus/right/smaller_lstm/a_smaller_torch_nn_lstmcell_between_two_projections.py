import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        r = max(1, n // 4)
        self.down = nn.Linear(n, r, bias=False)
        self.cell = nn.LSTMCell(n_in, r)
        self.up_h, self.up_c = nn.Linear(r, n, bias=False), nn.Linear(r, n, bias=False)

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        h, c = self.cell(x, (self.down(h), self.down(c)))
        return torch.tanh(self.up_h(h)), self.up_c(c)
