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
        gates = x.new_empty(x.shape[0], 4 * self.hidden_size)
        for k in range(4 * self.hidden_size):
            gates[:, k] = x @ self.weight_ih[k] + h @ self.weight_hh[k]
        gates += self.bias_ih
        gates += self.bias_hh
        H = self.hidden_size
        i, f, g, o = (gates[:, k : k + H] for k in range(0, 4 * H, H))
        new_c = torch.empty_like(c)
        new_c[...] = torch.sigmoid(f) * c
        new_c += torch.sigmoid(i) * torch.tanh(g)
        new_h = torch.zeros_like(h)
        new_h.copy_(torch.sigmoid(o) * torch.tanh(new_c))
        return new_h, new_c
