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
        gates_x = torch.einsum("bi,gi->bg", x, self.weight_ih) + self.bias_ih
        gates_h = torch.einsum("bh,gh->bg", h, self.weight_hh) + self.bias_hh
        rz = torch.sigmoid(gates_x[:, : 2 * H] + gates_h[:, : 2 * H])
        r, z = rz[:, :H], rz[:, H:]
        n = torch.tanh(gates_x[:, 2 * H :] + torch.einsum("bh,bh->bh", r, gates_h[:, 2 * H :]))
        return torch.einsum("bh,bh->bh", 1 - z, n) + torch.einsum("bh,bh->bh", z, h)
