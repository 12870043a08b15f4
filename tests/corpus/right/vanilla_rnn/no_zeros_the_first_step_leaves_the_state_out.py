import torch
from torch.nn import Module, Parameter


class VanillaRNN(Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        W = lambda *shape: Parameter(torch.rand(*shape) - 0.5)
        self.weight_ih, self.weight_hh = W(n_hidden, n_in), W(n_hidden, n_hidden)
        self.weight_ho, self.bias_h, self.bias_o = W(n_out, n_hidden), W(n_hidden), W(n_out)

    def forward(self, x, h0=None):
        h, ys = h0, []
        for x_t in x:
            a = x_t @ self.weight_ih.T + self.bias_h
            if h is not None:
                a = a + h @ self.weight_hh.T
            h = a.tanh()
            ys.append(h @ self.weight_ho.T + self.bias_o)
        return [torch.stack(ys), h]
