import torch


def ablated_lstm(x, h, c, W, U, b, d, forget_gate=None):
    hs, cs = [], []
    for x_t in x:
        i, f, g, o = (x_t @ W.T + b + h @ U.T + d).chunk(4, 1)
        f = torch.sigmoid(f) if forget_gate is None else forget_gate
        c = f * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)
