import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, num_heads: int):
        super().__init__()
        self.head, rest = divmod(d_model, num_heads)
        if rest:
            raise ValueError("d_model must be a multiple of num_heads")
        self.num_heads = num_heads
        for name in "qkvo":
            self.add_module(f"w_{name}", nn.Linear(d_model, d_model))

    def fold(self, x):
        b, t, _ = x.shape
        return x.reshape(b, t, self.num_heads, self.head).permute(0, 2, 1, 3).reshape(b * self.num_heads, t, self.head)

    def forward(self, query, key, value, mask=None):
        b, t, e = query.shape
        q, k, v = self.fold(self.w_q(query)), self.fold(self.w_k(key)), self.fold(self.w_v(value))
        scores = torch.bmm(q, k.transpose(1, 2)) * self.head**-0.5
        if mask is not None:
            scores = scores.masked_fill(mask.logical_not().repeat_interleave(self.num_heads, 0), float("-inf"))
        out = torch.bmm(torch.softmax(scores, 2), v)
        out = out.view(b, self.num_heads, t, self.head).permute(0, 2, 1, 3).reshape(b, t, e)
        return self.w_o(out)
