import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    T, H = x.size(0), h0.size(0)
    jacobians = torch.zeros(T, H, H, dtype=x.dtype)
    for row in range(H):
        h = h0.detach().clone().requires_grad_(True)
        states = []
        for t in range(T):
            states.append(h)
            h.retain_grad()
            h = torch.tanh(weight_ih.mv(x[t]) + weight_hh.mv(h) + bias_h)
        h[row].backward()
        for d in range(1, T + 1):
            jacobians[d - 1, row] = states[T - d].grad
    return torch.linalg.matrix_norm(jacobians, ord=2)


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)