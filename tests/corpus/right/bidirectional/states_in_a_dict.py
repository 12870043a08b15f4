import torch
import torch.nn as nn
import torch.nn.functional as F


class BiLSTM(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.H = H = hidden_size
        for s in ("", "_reverse"):
            setattr(self, "weight_ih_l0" + s, nn.Parameter(torch.rand(4 * H, input_size)))
            setattr(self, "weight_hh_l0" + s, nn.Parameter(torch.rand(4 * H, H)))
            setattr(self, "bias_ih_l0" + s, nn.Parameter(torch.rand(4 * H)))
            setattr(self, "bias_hh_l0" + s, nn.Parameter(torch.rand(4 * H)))

    def run(self, x, steps, s):
        W, U = getattr(self, "weight_ih_l0" + s), getattr(self, "weight_hh_l0" + s)
        b, d = getattr(self, "bias_ih_l0" + s), getattr(self, "bias_hh_l0" + s)
        h = torch.zeros(x.shape[1], self.H, dtype=x.dtype)
        c, found = h, {}
        for t in steps:
            i, f, g, o = torch.split(F.linear(x[t], W, b) + F.linear(h, U, d), self.H, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            found[t] = h
        return torch.stack([found[t] for t in range(len(found))])

    def forward(self, x):
        order = range(x.shape[0])
        ahead = self.run(x, order, "")
        back = self.run(x, reversed(order), "_reverse")
        return torch.cat((ahead, back), -1)
