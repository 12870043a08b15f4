"""Cross-entropy with smoothed labels."""

from torch import Tensor


def smoothed_cross_entropy(
    logits: Tensor, target: Tensor, smoothing: float = 0.1, padding: int = -1
) -> Tensor:
    """Return the mean loss of logits (N, C) for target (N,), positions with padding left out."""
    kept = target != padding
    logits, target = logits[kept], target[kept]
    logs = logits.log_softmax(dim=-1)
    right = logs.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    losses = -(1 - smoothing) * right - smoothing * logs.mean(dim=-1)
    return losses.mean()
