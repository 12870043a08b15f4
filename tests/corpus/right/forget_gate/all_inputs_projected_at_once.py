import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    projected = (x.flatten(0, 1) @ weight_ih.T).view(*x.shape[:2], -1) + (bias_ih + bias_hh)
    h, c = h0, c0
    states = []
    for z in projected:
        i, f, g, o = (z + h @ weight_hh.T).chunk(4, dim=1)
        f = f.sigmoid() if forget_gate is None else f * 0 + forget_gate
        c = f * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(torch.stack([h, c]))
    hs, cs = torch.stack(states, dim=1)
    return hs, cs
