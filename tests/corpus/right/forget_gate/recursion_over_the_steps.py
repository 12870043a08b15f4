import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    def go(t, h, c):
        if t == len(x):
            return [], []
        i, f, g, o = (x[t] @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh).chunk(4, 1)
        c = (f.sigmoid() if forget_gate is None else forget_gate) * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        hs, cs = go(t + 1, h, c)
        return [h, *hs], [c, *cs]

    hs, cs = go(0, h0, c0)
    return torch.stack(hs), torch.cat([c[None] for c in cs])
