import torch.nn as nn
from attention import attention


class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads):
        super().__init__()
        if d_model % num_heads != 0:
            raise ValueError("number of heads")
        self.num_heads = num_heads
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)

    def heads(self, x):
        return x.unflatten(-1, (self.num_heads, -1)).transpose(-2, -3)

    def forward(self, query, key, value, mask=None):
        mask = mask.unsqueeze(1).expand(-1, self.num_heads, -1, -1) if mask is not None else None
        out, _ = attention(self.heads(self.w_q(query)), self.heads(self.w_k(key)), self.heads(self.w_v(value)), mask)
        return self.w_o(out.transpose(1, 2).flatten(-2))
