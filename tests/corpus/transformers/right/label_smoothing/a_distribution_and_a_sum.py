import torch
import torch.nn.functional as F


def smoothed_cross_entropy(logits, target, smoothing=0.1, padding=-1):
    n, c = logits.shape
    keep = (target != padding).nonzero().squeeze(1)
    logits, target = logits[keep], target[keep]
    q = torch.full_like(logits, smoothing / c)
    q.scatter_(1, target[:, None], 1 - smoothing + smoothing / c)
    return -(q * F.log_softmax(logits, dim=1)).sum(1).mean()
