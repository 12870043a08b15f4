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
        rows = []
        state = [[h[b, j] for j in range(H)] for b in range(B)]
        for t in range(T):
            new = []
            for b in range(B):
                units = []
                for j in range(H):
                    total = self.bias_h[j]
                    for i in range(I):
                        total = total + self.weight_ih[j, i] * x[t, b, i]
                    for k in range(H):
                        total = total + self.weight_hh[j, k] * state[b][k]
                    units.append(torch.tanh(total))
                new.append(units)
                rows.append(self.weight_ho.mv(torch.stack(units)) + self.bias_o)
            state = new
        return torch.stack(rows).view(T, B, O), torch.stack([torch.stack(u) for u in state])
