import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    from torch.autograd.functional import jacobian

    T = x.shape[0]
    hs = [h0]
    for t in range(T):
        hs.append(torch.tanh(weight_ih @ x[t] + weight_hh @ hs[t] + bias_h))

    def run(h, start):
        for t in range(start, T):
            h = torch.tanh(weight_ih @ x[t] + weight_hh @ h + bias_h)
        return h

    norms = x.new_empty(T)
    for d in range(1, T + 1):
        norms[d - 1] = torch.linalg.norm(jacobian(lambda h: run(h, T - d), hs[T - d]), 2)
    return norms


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)