import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    if forget_gate is None:
        flat = [weight_ih, weight_hh, bias_ih, bias_hh]
        hs, cs, state = [], [], (h0[None], c0[None])
        for x_t in x:
            out, *state = torch.lstm(
                x_t[None], tuple(state), flat, True, 1, 0.0, False, False, False
            )
            hs.append(state[0][0])
            cs.append(state[1][0])
        return torch.stack(hs), torch.stack(cs)
    h, c, hs, cs = h0, c0, [], []
    for x_t in x:
        i, _, g, o = (x_t @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh).chunk(4, 1)
        c = i.sigmoid() * g.tanh() + c.mul(forget_gate)
        h = o.sigmoid() * c.tanh()
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)
