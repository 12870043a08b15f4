import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    products, total, h = [], None, h0
    states = []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        states.append(h)
    for h in reversed(states):
        step = (1 - h.pow(2))[:, None] * weight_hh
        total = step if total is None else total @ step
        products.append(total)
    return torch.stack([p.svd()[1][0] for p in products])


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)