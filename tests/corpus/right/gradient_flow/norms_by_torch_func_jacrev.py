import torch
from torch.func import jacrev


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    states = [h0]
    step = lambda h, x_t: torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
    for x_t in x:
        states.append(step(states[-1], x_t))
    J, result = torch.eye(h0.numel()).to(h0), []
    for h, x_t in zip(states[-2::-1], x.flip(0)):
        J = J @ jacrev(step)(h, x_t)
        result.append(torch.linalg.matrix_norm(J, 2))
    return torch.stack(result)


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)