import math

import torch


class LayerNorm(torch.nn.Module):
    def __init__(self, features: int, eps: float = 1e-5):
        super().__init__()
        self.n, self.eps = features, eps
        self.register_parameter("weight", torch.nn.Parameter(torch.full((features,), 1.0)))
        self.register_parameter("bias", torch.nn.Parameter(torch.full((features,), 0.0)))

    def forward(self, x):
        mu = torch.sum(x, dim=x.dim() - 1).unsqueeze(-1) / self.n
        sigma2 = torch.sum(torch.square(x - mu), dim=x.dim() - 1).unsqueeze(-1) / self.n
        y = torch.div(x - mu, torch.sqrt(sigma2 + self.eps))
        return torch.mul(y, self.weight).add(self.bias)
