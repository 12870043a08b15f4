"""Multi-head attention."""

from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Attention in several heads side by side, as in Vaswani et al. 2017."""

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        if d_model % num_heads:
            raise ValueError("num_heads must divide d_model")
        self.num_heads = num_heads
        self.w_q = nn.Linear(d_model, d_model)
        self.w_k = nn.Linear(d_model, d_model)
        self.w_v = nn.Linear(d_model, d_model)
        self.w_o = nn.Linear(d_model, d_model)

    def split(self, x: Tensor) -> Tensor:
        """Return (B, heads, T, d) for x (B, T, E)."""
        batch, steps, width = x.shape
        return x.view(batch, steps, self.num_heads, width // self.num_heads).transpose(1, 2)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return (B, Q, E) for query (B, Q, E), key and value (B, K, E), mask (B, Q, K)."""
        q = self.split(self.w_q(query))
        k = self.split(self.w_k(key))
        v = self.split(self.w_v(value))
        scores = q @ k.transpose(-2, -1)
        scores = scores / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(~mask.unsqueeze(1), float("-inf"))
        weights = scores.softmax(dim=-1)
        heads = weights @ v
        joined = heads.transpose(1, 2).reshape(query.shape)
        return self.w_o(joined)
