import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def start(self, x, state):
        if state is not None:
            return state
        zeros = torch.zeros(x.size(0), self.hidden_size, dtype=x.dtype, device=x.device)
        return zeros, zeros

    def forward(self, x, state=None):
        h, c = self.start(x, state)
        gates = []
        for k, act in enumerate([nn.Sigmoid(), nn.Sigmoid(), nn.Tanh(), nn.Sigmoid()]):
            lo, hi = k * self.hidden_size, (k + 1) * self.hidden_size
            z = F.linear(x, self.weight_ih[lo:hi], self.bias_ih[lo:hi])
            z = z + F.linear(h, self.weight_hh[lo:hi], self.bias_hh[lo:hi])
            gates.append(act(z))
        c = gates[1] * c + gates[0] * gates[2]
        return [gates[3] * torch.tanh(c), c]
