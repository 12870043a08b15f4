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
        weight = torch.cat((self.weight_ih, self.weight_hh), dim=1).t()
        y = []
        for t in range(x.size(0)):
            combined = torch.cat((x[t], h), 1)
            h = torch.tanh(combined.mm(weight).add(self.bias_h))
            y.append(torch.addmm(self.bias_o, h, self.weight_ho.t()).unsqueeze(0))
        return torch.cat(y, 0), h
