import torch
import torch.nn as nn
import torch.nn.functional as F


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.output_size = output_size
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.zeros(hidden_size))
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(output_size))

    def forward(self, x, h0=None):
        T, B, I = x.shape
        H, O = self.hidden_size, self.output_size
        h = torch.zeros(B, H, dtype=x.dtype) if h0 is None else h0
        ys = []
        for x_t in x:
            a = x_t.matmul(self.weight_ih.t())
            a += h.matmul(self.weight_hh.t())
            a += self.bias_h
            h = a.tanh_()
            y = h.matmul(self.weight_ho.t())
            y.add_(self.bias_o)
            ys.append(y)
        return torch.stack(ys, 0), h
