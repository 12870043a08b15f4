import torch
import torch.nn as nn
import torch.nn.functional as F


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        if (d_model // num_heads) * num_heads != d_model:
            raise ValueError
        self.num_heads = num_heads
        self.w_q = nn.Linear(d_model, d_model, bias=True)
        self.w_k = nn.Linear(d_model, d_model, bias=True)
        self.w_v = nn.Linear(d_model, d_model, bias=True)
        self.w_o = nn.Linear(d_model, d_model, bias=True)

    def forward(self, query, key, value, mask=None):
        outs = []
        triples = zip(*(y.chunk(self.num_heads, dim=-1) for y in (self.w_q(query), self.w_k(key), self.w_v(value))))
        for q, k, v in triples:
            s = q @ k.transpose(1, 2) / q.size(-1) ** 0.5
            if mask is not None:
                s = s + torch.zeros_like(s).masked_fill(~mask, float("-inf"))
            outs.append(F.softmax(s, dim=-1) @ v)
        return self.w_o(torch.cat(outs, dim=-1))
