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
        rows = []
        for x_b, h_b in zip(x, h):
            units = []
            for k in range(H):
                def z(gate, weight, v, bias):
                    return weight[gate * H + k].dot(v) + bias[gate * H + k]
                i = [z(g, self.weight_ih, x_b, self.bias_ih) for g in range(3)]
                s = [z(g, self.weight_hh, h_b, self.bias_hh) for g in range(3)]
                r, u = torch.sigmoid(i[0] + s[0]), torch.sigmoid(i[1] + s[1])
                units.append((1 - u) * torch.tanh(i[2] + r * s[2]) + u * h_b[k])
            rows.append(torch.stack(units))
        return torch.stack(rows)
