import torch
def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    H = h0.size(1)
    if forget_gate is not None:
        rows = torch.cat([torch.arange(H), torch.arange(2 * H, 4 * H)])
        weight_ih, weight_hh = weight_ih[rows], weight_hh[rows]
        bias_ih, bias_hh = bias_ih[rows], bias_hh[rows]
    h, c, hs, cs = h0, c0, [], []
    for x_t in x:
        gates = list((x_t @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).split(H, 1))
        f = forget_gate if forget_gate is not None else gates.pop(1).sigmoid()
        i, g, o = gates
        c = c * f + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        hs += [h]
        cs += [c]
    return torch.stack(hs), torch.stack(cs)
