import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    h, steps = h0, []
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        steps.append(torch.einsum("i,ij->ij", 1 - h.square(), weight_hh))
    result = []
    for d in range(1, len(steps) + 1):
        latest_first = steps[::-1][:d]
        product = latest_first[0] if d == 1 else torch.linalg.multi_dot(latest_first)
        result.append(torch.linalg.matrix_norm(product, ord=2))
    return torch.stack(result)


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)