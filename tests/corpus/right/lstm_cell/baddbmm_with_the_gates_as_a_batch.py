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
        batch, H = x.shape[0], self.hidden_size
        w_x = self.weight_ih.reshape(4, H, -1).transpose(1, 2)
        w_h = self.weight_hh.reshape(4, H, H).transpose(1, 2)
        bias = (self.bias_ih + self.bias_hh).reshape(4, 1, H)
        gates = torch.baddbmm(bias, x.expand(4, *x.shape), w_x)
        gates = gates.baddbmm(h.expand(4, batch, H), w_h)
        i, f, o = torch.sigmoid(gates[[0, 1, 3]])
        c = f * c + i * torch.tanh(gates[2])
        return o * torch.tanh(c), c
