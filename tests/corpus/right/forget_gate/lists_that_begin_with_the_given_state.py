import math

import torch
import torch.nn.functional as F


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None:
        if forget_gate < 0 or forget_gate > 1 or math.isnan(forget_gate):
            raise ValueError("not between 0 and 1")
    T, B, _ = x.shape
    H = h0.shape[1]
    hs, cs = [h0], [c0]
    from_x = F.linear(x, weight_ih, bias_ih)
    for t in range(T):
        z = from_x[t] + F.linear(hs[-1], weight_hh, bias_hh)
        i, f, g, o = (z[:, k * H : (k + 1) * H] for k in range(4))
        keep = F.sigmoid(f)
        if forget_gate is not None:
            keep = torch.full_like(keep, forget_gate)
        c = keep * cs[-1] + F.sigmoid(i) * F.tanh(g)
        cs.append(c)
        hs.append(F.sigmoid(o) * F.tanh(c))
    return torch.stack(hs[1:]), torch.stack(cs[1:])
