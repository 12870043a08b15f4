# Homework 3: both directions of an LSTM
import torch
from torch import nn


def run(x, w_ih, w_hh, b_ih, b_hh, steps):
    H = w_hh.shape[1]
    h = torch.zeros(x.shape[1], H, dtype=x.dtype)
    c = torch.zeros(x.shape[1], H, dtype=x.dtype)
    out = [None] * x.shape[0]
    for t in steps:
        z = x[t] @ w_ih.t() + h @ w_hh.t() + b_ih + b_hh
        c = torch.sigmoid(z[:, H : 2 * H]) * c + torch.sigmoid(z[:, :H]) * torch.tanh(z[:, 2 * H : 3 * H])
        h = torch.sigmoid(z[:, 3 * H :]) * torch.tanh(c)
        out[t] = h
    return torch.stack(out)


class BiLSTM(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        for end in ("_l0", "_l0_reverse"):
            for name, shape in (
                ("weight_ih", (4 * hidden_size, input_size)),
                ("weight_hh", (4 * hidden_size, hidden_size)),
                ("bias_ih", (4 * hidden_size,)),
                ("bias_hh", (4 * hidden_size,)),
            ):
                self.register_parameter(name + end, nn.Parameter(torch.randn(shape) * 0.1))

    def forward(self, x):
        T = x.shape[0]
        p = dict(self.named_parameters())
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        fwd = run(x, *[p[n + "_l0"] for n in names], range(T))
        bwd = run(x, *[p[n + "_l0_reverse"] for n in names], reversed(range(T)))
        return torch.cat((fwd, bwd), dim=-1)
