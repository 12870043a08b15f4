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
        def run(xs, W, U, b, d):
            h = c = xs.new_zeros(H)
            for x_t in xs:
                i, f, g, o = (W @ x_t + b + U @ h + d).view(4, H)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                yield h

        samples = []
        for xs in x.transpose(0, 1):
            ahead = list(run(xs, *self.weights("")))
            back = list(run(xs.flip(0), *self.weights("_reverse")))[::-1]
            samples.append(torch.stack([torch.cat(pair) for pair in zip(ahead, back)]))
        return torch.stack(samples).transpose(0, 1)
