# Homework 3: a vanilla RNN
import torch
import torch.nn as nn
import torch.nn.functional as F


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.H = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(hidden_size, input_size) * 0.1)
        self.weight_hh = nn.Parameter(torch.randn(hidden_size, hidden_size) * 0.1)
        self.weight_ho = nn.Parameter(torch.randn(output_size, hidden_size) * 0.1)
        self.bias_h = nn.Parameter(torch.zeros(hidden_size))
        self.bias_o = nn.Parameter(torch.zeros(output_size))

    def forward(self, x, h0=None):
        T, B, _ = x.size()
        if h0 is None:
            h0 = torch.zeros(B, self.H, dtype=x.dtype, device=x.device)
        h = h0
        outputs = []
        for t in range(T):
            h = torch.tanh(F.linear(x[t], self.weight_ih, self.bias_h) + F.linear(h, self.weight_hh))
            outputs.append(F.linear(h, self.weight_ho, self.bias_o))
        return torch.stack(outputs), h
