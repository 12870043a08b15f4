import torch
import torch.nn as nn
import torch.nn.functional as F


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(3 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(3 * hidden_size))

    def forward(self, x, h=None):
        H = self.hidden_size
        if h is None:
            h = x.new_zeros(x.size(0), H)
        both = torch.cat([x, h], 1)
        weight = torch.cat([self.weight_ih[: 2 * H], self.weight_hh[: 2 * H]], 1)
        bias = self.bias_ih[: 2 * H] + self.bias_hh[: 2 * H]
        r, z = torch.sigmoid(both.mm(weight.t()) + bias).chunk(2, dim=1)
        from_h = h.mm(self.weight_hh[2 * H :].t()) + self.bias_hh[2 * H :]
        n = torch.tanh(x.mm(self.weight_ih[2 * H :].t()) + self.bias_ih[2 * H :] + r * from_h)
        return z * h + (1 - z) * n
