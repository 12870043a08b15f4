from forget_gate import ablated_lstm
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
        zeros = torch.zeros(B, H, dtype=x.dtype)
        forward, _ = ablated_lstm(x, zeros, zeros, *self.weights(""))
        backward, _ = ablated_lstm(x.flip(0), zeros, zeros, *self.weights("_reverse"))
        return torch.cat((forward, backward.flip(0)), 2)
