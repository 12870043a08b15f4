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
        W, U, b, d = map(torch.stack, zip(self.weights(""), self.weights("_reverse")))
        both = torch.stack([x, x.flip(0)], dim=1)
        projected = torch.einsum("tkbi,kgi->tkbg", both, W) + (b + d)[:, None]
        h = c = torch.zeros(2, B, H, dtype=x.dtype)
        hs = []
        for p in projected:
            i, f, g, o = torch.baddbmm(p, h, U.mT).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            hs.append(h)
        ahead, back = torch.stack(hs, dim=1)
        return torch.cat([ahead, back.flipud()], 2)
