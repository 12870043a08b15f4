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
        hs = []
        for x_t in x.unbind(0):
            a = torch.einsum("bi,hi->bh", x_t, self.weight_ih)
            a = a + torch.einsum("bk,hk->bh", h, self.weight_hh)
            h = (a + self.bias_h[None, :]).tanh()
            hs.append(h)
        y = torch.einsum("tbh,oh->tbo", torch.stack(hs), self.weight_ho) + self.bias_o
        return y, hs[-1]
