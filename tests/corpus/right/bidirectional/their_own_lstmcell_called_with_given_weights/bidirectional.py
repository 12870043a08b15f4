from torch.func import functional_call
from lstm_cell import LSTMCell
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
        cell = LSTMCell(I, H)

        def run(xs, suffix):
            weights = {f"{n}": getattr(self, f"{n}_l0{suffix}") for n, _ in cell.named_parameters()}
            state, hs = None, []
            for x_t in xs:
                state = functional_call(cell, weights, (x_t, state))
                hs.append(state[0])
            return hs

        ahead, back = run(x, ""), run(x.flip(0), "_reverse")
        return torch.stack([torch.cat([a, b], 1) for a, b in zip(ahead, back[::-1])])
