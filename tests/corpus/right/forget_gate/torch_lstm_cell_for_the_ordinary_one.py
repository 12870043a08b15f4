import torch
import torch.nn.functional as F

def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    h, c = h0, c0
    hs, cs = (), ()
    for x_t in x.unbind():
        if forget_gate is None:
            h, c = torch.lstm_cell(x_t, (h, c), weight_ih, weight_hh, bias_ih, bias_hh)
        else:
            z = F.linear(x_t, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
            i, _, g, o = z.chunk(4, -1)
            c = forget_gate * c + F.sigmoid(i) * F.tanh(g)
            h = F.sigmoid(o) * F.tanh(c)
        hs += (h,)
        cs += (c,)
    return torch.stack(hs), torch.stack(cs)
