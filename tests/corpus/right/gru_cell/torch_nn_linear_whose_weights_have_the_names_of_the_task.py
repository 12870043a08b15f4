import torch
import torch.nn as nn


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.x2h = nn.Linear(input_size, 3 * hidden_size)
        self.h2h = nn.Linear(hidden_size, 3 * hidden_size)
        self.weight_ih, self.bias_ih = self.x2h.weight, self.x2h.bias
        self.weight_hh, self.bias_hh = self.h2h.weight, self.h2h.bias

    def forward(self, x, h=None):
        if h is None:
            h = torch.zeros(x.size(0), self.h2h.in_features).to(x.dtype)
        x_r, x_z, x_n = self.x2h(x).chunk(3, 1)
        h_r, h_z, h_n = self.h2h(h).chunk(3, 1)
        z = torch.sigmoid(x_z + h_z)
        return (1 - z) * torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n) + z * h
