import torch
from torch import nn

from common import Affine, unroll


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.randn(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.randn(output_size))
        self.affine, self.activation = Affine(), nn.Tanh()

    def forward(self, x, h0=None):
        if h0 is None:
            h0 = torch.zeros_like(x[0, :, :1]).expand(-1, len(self.bias_h))
        hs = unroll(self.cell, x, h0)
        return self.affine(hs, self.weight_ho, self.bias_o), hs[-1]

    def cell(self, x, h):
        from_input = self.affine(x, self.weight_ih)
        return self.activation(from_input + self.affine(h, self.weight_hh, self.bias_h))
