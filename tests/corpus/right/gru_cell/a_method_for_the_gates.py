import torch
import torch.nn as nn
import torch.nn.functional as F


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        H = self.H = hidden_size
        self.bias_ih, self.bias_hh = (nn.Parameter(torch.zeros(3 * H)) for _ in range(2))
        self.weight_ih = nn.Parameter(torch.randn(3 * H, input_size))
        self.weight_hh = nn.Parameter(torch.randn(3 * H, H))

    def gate(self, k, x, h):
        rows = slice(k * self.H, (k + 1) * self.H)
        from_x = F.linear(x, self.weight_ih[rows], self.bias_ih[rows])
        from_h = F.linear(h, self.weight_hh[rows], self.bias_hh[rows])
        return from_x, from_h

    def forward(self, x, h=None):
        if h is None:
            h = torch.zeros(len(x), self.H, dtype=x.dtype)
        reset = torch.sigmoid(sum(self.gate(0, x, h)))
        update = torch.sigmoid(sum(self.gate(1, x, h)))
        from_x, from_h = self.gate(2, x, h)
        new = torch.tanh(from_x + reset * from_h)
        result = torch.lerp(new, h, update)
        return result
