from itertools import accumulate
import torch
import torch.nn as nn
import torch.nn.functional as F


class BiLSTM(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        for suffix in ("", "_reverse"):
            for name, shape in (
                ("weight_ih_l0", (4 * hidden_size, input_size)),
                ("weight_hh_l0", (4 * hidden_size, hidden_size)),
                ("bias_ih_l0", (4 * hidden_size,)),
                ("bias_hh_l0", (4 * hidden_size,)),
            ):
                self.register_parameter(name + suffix, nn.Parameter(torch.randn(shape) * 0.1))

    def weights(self, suffix):
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        return [getattr(self, name + suffix) for name in names]

    def forward(self, x):
        T, B, I = x.shape
        H = self.hidden_size
        def step(x_t, h, c, W, U, b, d):
            i, f, g, o = (x_t @ W.T + b + h @ U.T + d).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c


        def states(xs, weights):
            zeros = torch.zeros(B, H).to(x)
            run = accumulate(xs, lambda s, x_t: step(x_t, *s, *weights), initial=(zeros, zeros))
            return [h for h, _ in run][1:]

        ahead = states(x.unbind(), self.weights(""))
        back = states(x.unbind()[::-1], self.weights("_reverse"))
        return torch.stack([torch.hstack(both) for both in zip(ahead, reversed(back))])
