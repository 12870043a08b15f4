import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    T, B, H = x.size(0), x.size(1), h0.size(1)
    hs = x.new_zeros(T, B, H)
    cs = torch.empty((T, B, H), dtype=x.dtype)
    for t in range(T):
        h = hs[t - 1].clone() if t else h0
        c = cs[t - 1].clone() if t else c0
        z = x[t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = z.view(B, 4, H).transpose(0, 1)
        keep = torch.sigmoid(f)
        if forget_gate is not None:
            keep = torch.tensor(float(forget_gate), dtype=x.dtype)
        cs[t] = keep * c + torch.sigmoid(i) * torch.tanh(g)
        hs[t] = torch.sigmoid(o) * torch.tanh(cs[t].clone())
    return hs, cs
