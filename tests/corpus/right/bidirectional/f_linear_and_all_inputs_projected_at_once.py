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
        def run(x, W, U, b, d):
            projected = F.linear(x.reshape(-1, I), W, b).reshape(T, B, 4 * H)
            h, c, out = x.new_zeros(B, H), x.new_zeros(B, H), []
            for t in range(T):
                i, f, g, o = torch.split(projected[t] + F.linear(h, U, d), H, dim=1)
                c = F.sigmoid(f) * c + F.sigmoid(i) * F.tanh(g)
                h = F.sigmoid(o) * F.tanh(c)
                out.append(h)
            return torch.stack(out)

        forward = run(x, *self.weights(""))
        backward = torch.flip(run(torch.flip(x, (0,)), *self.weights("_reverse")), (0,))
        return torch.concat((forward, backward), -1)
