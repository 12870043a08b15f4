import torch


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    def step(h, x_t):
        return torch.tanh(x_t @ weight_ih.t() + h @ weight_hh.t() + bias_h)

    hidden, T = [h0], x.size(0)
    for t in range(T):
        hidden.append(step(hidden[t], x[t]))
    local = [torch.diag(1 - hidden[t + 1].pow(2)).mm(weight_hh) for t in range(T)]
    result = x.new_zeros(T)
    for d in range(1, T + 1):
        J = torch.eye(h0.numel(), dtype=x.dtype)
        for t in range(T - d, T):
            J = local[t].mm(J)
        result[d - 1] = torch.linalg.svdvals(J)[0]
    return result


def cell_state_retention(forget_gates):
    rows, kept = [], 1
    for gate in forget_gates.unbind(0)[::-1]:
        kept = kept * gate
        rows.append(kept)
    return torch.stack(rows)
