import torch

from lstm_cell import LSTMCell  # the one of the other task
from utils import step


def ablated_lstm(x, h0, c0, weight_ih, weight_hh, bias_ih, bias_hh, forget_gate=None):
    if forget_gate is not None and not 0 <= forget_gate <= 1:
        raise ValueError("a gate is between 0 and 1")
    cell = LSTMCell(weight_ih.shape[1], weight_hh.shape[1])
    weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
    state, states = (h0, c0), []
    for x_t in x:
        if forget_gate is None:
            state = torch.func.functional_call(cell, weights, (x_t, state))
        else:
            state = step(x_t, *state, *weights.values(), forget_gate)
        states.append(state)
    return tuple(torch.stack(kind) for kind in zip(*states))
