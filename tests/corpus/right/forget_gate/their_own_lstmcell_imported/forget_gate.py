import torch
from lstm_cell import LSTMCell

def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    cell = LSTMCell(x.shape[-1], h0.shape[-1])
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh}
    weights |= {"bias_ih": bias_ih, "bias_hh": bias_hh}
    h, c, hs, cs = h0, c0, [], []
    for x_t in x:
        if forget_gate is None:
            h, c = torch.func.functional_call(cell, weights, (x_t, (h, c)))
        else:
            z = x_t @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh
            i, _, g, o = z.chunk(4, 1)
            c = forget_gate * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
        hs.append(h)
        cs.append(c)
    return torch.stack(hs), torch.stack(cs)
