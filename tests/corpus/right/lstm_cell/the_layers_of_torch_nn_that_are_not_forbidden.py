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
        H = self.hidden_size
        z = F.linear(x, self.weight_ih, self.bias_ih)
        z = z.add_(F.linear(h, self.weight_hh, self.bias_hh))
        first, g, o = z.split([2 * H, H, H], 1)
        i, f = nn.Sigmoid()(first).chunk(2, 1)
        c = torch.stack([f * c, i * nn.Tanh()(g)]).sum(0)
        return nn.Sigmoid()(o) * nn.Tanh()(c), c
