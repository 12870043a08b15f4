import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    from torch.func import vjp, vmap

    pulls, h = [], h0
    for x_t in x:
        h, pull = vjp(lambda h: torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h), h)
        pulls.append(pull)
    J, result = torch.eye(h.shape[0], dtype=h.dtype), []
    for pull in reversed(pulls):
        (J,) = vmap(pull)(J)
        result.append(torch.linalg.norm(J, 2))
    return torch.stack(result)


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)