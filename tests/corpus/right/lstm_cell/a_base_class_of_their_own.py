import torch
from torch import nn


class Recurrent(nn.Module):
    gates = 1

    def __init__(self, input_size, hidden_size):
        super(Recurrent, self).__init__()
        n = self.gates * hidden_size
        self.weight_ih = nn.Parameter(torch.randn(n, input_size) * 0.1)
        self.weight_hh = nn.Parameter(torch.randn(n, hidden_size) * 0.1)
        self.bias_ih = nn.Parameter(torch.zeros(n))
        self.bias_hh = nn.Parameter(torch.zeros(n))

    def project(self, x, h):
        return (
            nn.functional.linear(x, self.weight_ih, self.bias_ih)
            + nn.functional.linear(h, self.weight_hh, self.bias_hh)
        ).chunk(self.gates, dim=1)


class LSTMCell(Recurrent):
    gates = 4

    @staticmethod
    def combine(i, f, g, o, c):
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, x, state=None):
        if state is None:
            state = (torch.zeros_like(x[:, :1]).repeat(1, self.weight_hh.size(1)),) * 2
        h, c = state
        return self.combine(*self.project(x, h), c)
