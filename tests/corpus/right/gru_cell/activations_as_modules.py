import torch
from torch import nn


class GRUCell(nn.Module):
    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        make = lambda *shape: nn.Parameter(nn.init.xavier_normal_(torch.empty(*shape)))
        self.weight_ih = make(3 * hidden_size, input_size)
        self.weight_hh = make(3 * hidden_size, hidden_size)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, nn.Parameter(torch.zeros(3 * hidden_size)))
        self.gate, self.squash = nn.Sigmoid(), nn.Tanh()

    def forward(self, x, h=None):
        x_parts = (x @ self.weight_ih.T + self.bias_ih).chunk(3, dim=1)
        if h is None:
            h = torch.zeros_like(x_parts[0])
        h_parts = (h @ self.weight_hh.T + self.bias_hh).chunk(3, dim=1)
        r, z = [self.gate(a + b) for a, b in list(zip(x_parts, h_parts))[:2]]
        n = self.squash(x_parts[2] + r * h_parts[2])
        return (1.0 - z) * n + z * h
