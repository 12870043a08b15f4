import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    h, jacobians = h0, []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        jacobians.append(torch.diag(1 - h * h) @ weight_hh)
    total, result = torch.eye(len(h), dtype=h.dtype), []
    for J in jacobians[::-1]:
        total = total @ J
        result.append(torch.linalg.norm(total, ord=2))
    return torch.stack(result)


def cell_state_retention(forget_gates):
    from itertools import accumulate
    from operator import mul
    return torch.stack(list(accumulate(reversed(forget_gates), mul)))
