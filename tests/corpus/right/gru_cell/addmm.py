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
        gi = torch.addmm(self.bias_ih, x, self.weight_ih.t()).view(-1, 3, H)
        gh = torch.addmm(self.bias_hh, h, self.weight_hh.t()).view(-1, 3, H)
        r, z = (gi[:, :2] + gh[:, :2]).sigmoid().unbind(1)
        n = gi[:, 2].addcmul(r, gh[:, 2]).tanh()
        return (1 - z).mul(n).addcmul(z, h)
