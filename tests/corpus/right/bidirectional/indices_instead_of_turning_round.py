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


        backwards = torch.arange(T - 1, -1, -1)
        h = c = torch.zeros(x[0].shape[0], H, dtype=x.dtype)
        hb, cb, ahead, back = h, c, {}, {}
        for t, s in enumerate(backwards.tolist()):
            ahead[t] = h, c = step(x[t], h, c, *self.weights(""))
            back[s] = hb, cb = step(x[s], hb, cb, *self.weights("_reverse"))
        return torch.stack([torch.cat([ahead[t][0], back[t][0]], 1) for t in range(T)])
