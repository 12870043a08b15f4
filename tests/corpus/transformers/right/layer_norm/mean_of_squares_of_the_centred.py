import torch
import torch.nn as nn


class LayerNorm(nn.Module):
    "A layernorm module"

    def __init__(self, features, eps=1e-5):
        super(LayerNorm, self).__init__()
        self.bias = nn.Parameter(torch.zeros(features))
        self.weight = nn.Parameter(torch.ones(features))
        self.eps = eps

    def forward(self, x):
        c = x - x.mean(-1, keepdim=True)
        s = (c**2).mean(-1, keepdim=True)
        return self.weight * c / (s + self.eps) ** 0.5 + self.bias
