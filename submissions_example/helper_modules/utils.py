import torch


def step(x, h, c, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    z = x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
    i, f, g, o = z.chunk(4, dim=1)
    f = torch.sigmoid(f) if forget_gate is None else forget_gate
    c = f * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c
