import torch
import torch.nn as nn
import torch.nn.functional as F


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.H, self.O = hidden_size, output_size
        self.weight_ih = nn.Parameter(torch.rand(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.rand(hidden_size, hidden_size))
        self.bias_h = nn.Parameter(torch.rand(hidden_size))
        self.weight_ho = nn.Parameter(torch.rand(output_size, hidden_size))
        self.bias_o = nn.Parameter(torch.rand(output_size))

    def forward(self, x, h0=None):
        T, B, I = x.shape
        if h0 is None:
            h0 = torch.zeros(B, self.H, dtype=x.dtype)
        projected = F.linear(x, self.weight_ih, self.bias_h)
        states = [h0]
        for t in range(T):
            recurrent = F.linear(states[-1], self.weight_hh)
            states.append(torch.tanh(projected[t] + recurrent))
        hs = torch.stack(states[1:])
        y = F.linear(hs, self.weight_ho, self.bias_o)
        return y, hs[-1]
