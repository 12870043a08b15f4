import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    h = h0.clone().requires_grad_()
    states = [h]
    for x_t in x:
        h = torch.tanh(weight_ih @ x_t + weight_hh @ h + bias_h)
        states.append(h)
    rows = [torch.autograd.grad(unit, states[:-1], retain_graph=True) for unit in h]
    result = []
    for d in range(1, len(states)):
        jacobian = torch.stack([row[-d] for row in rows])
        result.append(torch.linalg.svdvals(jacobian)[0])
    return torch.stack(result).detach()


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)