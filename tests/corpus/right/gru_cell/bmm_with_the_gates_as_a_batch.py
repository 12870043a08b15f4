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
        W = self.weight_ih.reshape(3, H, -1).transpose(1, 2)
        U = self.weight_hh.reshape(3, H, H).transpose(1, 2)
        i_r, i_z, i_n = torch.bmm(x.expand(3, -1, -1), W) + self.bias_ih.reshape(3, 1, H)
        h_r, h_z, h_n = torch.baddbmm(self.bias_hh.reshape(3, 1, H), h.expand(3, -1, -1), U)
        r, z = (i_r + h_r).sigmoid(), (i_z + h_z).sigmoid()
        return (1 - z) * (i_n + r * h_n).tanh() + z * h
