import torch


def log_softmax(x):
    x = x - x.max(dim=-1, keepdim=True)[0]
    return x - x.exp().sum(dim=-1, keepdim=True).log()


def smoothed_cross_entropy(logits, target, smoothing=0.1, padding=-1):
    kept = target.ne(padding)
    logp = log_softmax(logits[kept])
    nll = -logp[torch.arange(len(logp)), target[kept]]
    uniform = -logp.mean(-1)
    return torch.mean((1 - smoothing) * nll + smoothing * uniform)
