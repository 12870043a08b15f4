import torch


def collate(examples, pad=0, max_length=None):
    sents = [list(tokens) for tokens, _ in examples]
    if max_length is not None:
        sents = [s[:max_length] for s in sents]
    max_len = max(map(len, sents))
    padded = [s + [pad] * (max_len - len(s)) for s in sents]
    mask = [[1] * len(s) + [0] * (max_len - len(s)) for s in sents]
    labels = [label for _, label in examples]
    return torch.tensor(padded), torch.tensor(mask, dtype=torch.bool), torch.LongTensor(labels)
