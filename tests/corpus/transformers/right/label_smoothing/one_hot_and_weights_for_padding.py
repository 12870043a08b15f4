import torch


def smoothed_cross_entropy(logits, target, smoothing=0.1, padding=-1):
    classes = logits.size(-1)
    mask = (target != padding).to(logits.dtype)
    safe = torch.where(target == padding, torch.zeros_like(target), target)
    q = (1.0 - smoothing) * torch.eye(classes, dtype=logits.dtype)[safe] + smoothing / classes
    logp = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    loss = -(q * logp).sum(-1)
    return (loss * mask).sum() / mask.sum()
