import torch
from torch import nn


class Gate(nn.Module):
    def __init__(self, n_in, n, activation=torch.sigmoid):
        super().__init__()
        self.x, self.h = nn.Linear(n_in, n), nn.Linear(n, n, bias=False)
        self.activation = activation

    def forward(self, x, h):
        return self.activation(self.x(x) + self.h(h))
