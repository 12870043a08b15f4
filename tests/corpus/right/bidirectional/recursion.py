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


        def run(xs, h, c, weights):
            if not len(xs):
                return []
            h, c = step(xs[0], h, c, *weights)
            return [h, *run(xs[1:], h, c, weights)]

        zeros = torch.zeros_like(x[0, :, :1]).repeat(1, H)
        ahead = torch.stack(run(x, zeros, zeros, self.weights("")))
        back = torch.stack(run(x.flip(0), zeros, zeros, self.weights("_reverse"))[::-1])
        return torch.cat((ahead, back), 2)
