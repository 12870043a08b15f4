import pandas as pd
import torch
from torch import nn


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden = hidden_size
        for name, width in {"weight_ih": (input_size,), "weight_hh": (hidden_size,)}.items():
            self.register_parameter(name, nn.Parameter(torch.randn(4 * hidden_size, *width)))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, nn.Parameter(torch.zeros(4 * hidden_size)))

    def forward(self, x, state=None):
        if state is None:
            state = [torch.zeros(x.shape[0], self.hidden).to(x)] * 2
        h_old, c_old = state
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        total = torch.einsum("bk,gk->bg", torch.cat([x, h_old], dim=1), weight)
        total = total + self.bias_ih + self.bias_hh
        i, f, g, o = total.view(-1, 4, self.hidden).unbind(dim=1)
        c_new = torch.sigmoid(f) * c_old + torch.sigmoid(i) * torch.tanh(g)
        h_new = torch.sigmoid(o) * torch.tanh(c_new)
        return h_new, c_new
