import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    T, B, I = x.shape
    H = h0.shape[1]
    h, c = h0, c0
    hs = []
    cs = []
    for t in range(T):
        z = x[t].mm(weight_ih.t()) + bias_ih + h.mm(weight_hh.t()) + bias_hh
        i = torch.sigmoid(z[:, 0:H])
        f = torch.sigmoid(z[:, H:2 * H])
        g = torch.tanh(z[:, 2 * H:3 * H])
        o = torch.sigmoid(z[:, 3 * H:])
        if forget_gate is not None:
            f = torch.full_like(f, forget_gate)
        c = f * c + i * g
        h = o * torch.tanh(c)
        hs.append(h)
        cs.append(c)
    return torch.stack(hs, dim=0), torch.stack(cs, dim=0)
