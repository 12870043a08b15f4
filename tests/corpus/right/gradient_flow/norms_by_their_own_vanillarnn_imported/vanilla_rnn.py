import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.randn(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.randn(output_size))

    def forward(self, x, h0=None):
        h = x.new_zeros(x.shape[1], len(self.bias_h)) if h0 is None else h0
        ys = []
        for x_t in x:
            h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias_h)
            ys.append(h @ self.weight_ho.T + self.bias_o)
        return torch.stack(ys), h
