import torch
from collections import namedtuple
from itertools import accumulate

State = namedtuple("State", "h c")


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("forget_gate must be in [0, 1]")
    def step(state, x_t):
        h, c = state
        z = torch.cat((x_t, h), 1) @ torch.cat((weight_ih, weight_hh), 1).T + bias_ih + bias_hh
        i, f, g, o = torch.tensor_split(z, 4, 1)
        keep = torch.sigmoid(f) if forget_gate is None else forget_gate
        c = keep * c + torch.sigmoid(i) * torch.tanh(g)
        return State(torch.sigmoid(o) * torch.tanh(c), c)

    states = list(accumulate(x, step, initial=State(h0, c0)))[1:]
    return State(*map(torch.stack, zip(*states)))
