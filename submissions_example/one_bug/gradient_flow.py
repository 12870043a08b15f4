# How far do gradients reach?
import torch
from torch.autograd.functional import jacobian


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    def last_state(h, start):
        for t in range(start, x.shape[0]):
            h = torch.tanh(weight_ih @ x[t] + weight_hh @ h + bias_h)
        return h

    # all states on the way
    states = [h0]
    for t in range(x.shape[0] - 1):
        states.append(torch.tanh(weight_ih @ x[t] + weight_hh @ states[-1] + bias_h))
    norms = []
    for d in range(1, x.shape[0] + 1):
        start = x.shape[0] - d
        J = jacobian(lambda h: last_state(h, start), states[start])
        norms.append(torch.linalg.matrix_norm(J, ord=2))
    return torch.stack(norms)


def cell_state_retention(forget_gates):
    return torch.flip(forget_gates, dims=[0]).cumprod(dim=0)
