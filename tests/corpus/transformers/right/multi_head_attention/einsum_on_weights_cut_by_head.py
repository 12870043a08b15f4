import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        if d_model % num_heads:
            raise ValueError(f"d_model={d_model} is not divisible by num_heads={num_heads}")
        self.n, self.d = num_heads, d_model // num_heads
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)

    def project(self, linear, x):
        weight = linear.weight.view(self.n, self.d, -1)
        return torch.einsum("bte,hde->bhtd", x, weight) + linear.bias.view(1, self.n, 1, self.d)

    def forward(self, query, key, value, mask=None):
        q, k, v = self.project(self.w_q, query), self.project(self.w_k, key), self.project(self.w_v, value)
        a = torch.einsum("bhqd,bhkd->bhqk", q, k).div(self.d**0.5)
        if mask is not None:
            a = a.masked_fill(~mask[:, None], torch.finfo(a.dtype).min)
        o = torch.einsum("bhqk,bhkd->bqhd", a.softmax(-1), v)
        return self.w_o(o.flatten(2))
