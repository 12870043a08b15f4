import torch


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("a gate is between 0 and 1")
    h, c = h0, c0
    hs, cs = [], []
    for x_t in x:
        z = x_t @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = z.chunk(4, dim=1)
        f = torch.sigmoid(f) if forget_gate is None else forget_gate
        c = f * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)
