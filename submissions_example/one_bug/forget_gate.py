"""Task 3: what happens to an LSTM when its forget gate is taken away?"""

import torch
import torch.nn.functional as F


def one_step(x_t, h, c, weights, forget_gate):
    w_ih, w_hh, b_ih, b_hh = weights
    if forget_gate is None:
        return torch.lstm_cell(x_t, (h, c), w_ih, w_hh, b_ih, b_hh)
    z = F.linear(x_t, w_ih, b_ih) + F.linear(h, w_hh, b_hh)
    i, _, g, o = torch.split(z, h.shape[1], dim=1)
    c = forget_gate * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    # written like this because NaN is neither smaller nor greater than anything
    if forget_gate is not None and not (0.0 <= forget_gate <= 1.0):
        raise ValueError(f"forget_gate={forget_gate} is not in [0, 1]")

    weights = (weight_ih, weight_hh, bias_ih, bias_hh)
    states = [(h0, c0)]
    for t in range(x.shape[0]):
        states.append(one_step(x[t], *states[-1], weights, forget_gate))

    hs, cs = zip(*states[1:])
    return torch.stack(hs), torch.stack(cs)
