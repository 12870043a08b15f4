from torch import nn


class LabelSmoothing(nn.Module):
    def __init__(self, padding, smoothing):
        super().__init__()
        self.padding, self.smoothing = padding, smoothing
        self.log_softmax = nn.LogSoftmax(dim=-1)

    def forward(self, x, target):
        padded = target == self.padding
        target = target.masked_fill(padded, 0)
        logp = self.log_softmax(x)
        true = logp.data.clone()
        true.fill_(self.smoothing / x.size(-1))
        true.scatter_add_(1, target.unsqueeze(1), true.new_full((len(x), 1), 1 - self.smoothing))
        true[padded] = 0
        return -(true * logp).sum() / (~padded).sum()


def smoothed_cross_entropy(logits, target, smoothing=0.1, padding=-1):
    return LabelSmoothing(padding, smoothing)(logits, target)
