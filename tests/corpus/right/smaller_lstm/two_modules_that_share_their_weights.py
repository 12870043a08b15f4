import torch
import torch.nn as nn
import torch.nn.functional as F


def count_lstm_parameters(input_size, hidden_size):
    return 4 * hidden_size * (input_size + hidden_size + 2)


class SmallerLSTMCell(nn.Module):
    def __init__(self, n_in, n):
        super().__init__()
        self.n = n
        self.input_gate = nn.Linear(n_in + n, n)
        self.output_gate = nn.Linear(n_in + n, n)
        self.output_gate.weight = self.input_gate.weight
        self.forget_gate, self.candidate = nn.Linear(n_in + n, n), nn.Linear(n_in + n, n)

    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(x.shape[0], self.n), x.new_zeros(x.shape[0], self.n))
        h, c = state
        z = torch.cat([x, h], 1)
        i, f, o = (g(z).sigmoid() for g in (self.input_gate, self.forget_gate, self.output_gate))
        c = f * c + i * self.candidate(z).tanh()
        return o * c.tanh(), c
