import torch
import torch.nn.functional as F


def collate(examples, pad=0, max_length=None):
    rows = [torch.tensor(tokens if max_length is None else tokens[:max_length]) for tokens, _ in examples]
    width = max(len(row) for row in rows)
    ids = torch.stack([F.pad(row, (0, width - len(row)), value=pad) for row in rows])
    mask = torch.stack([F.pad(torch.ones_like(row), (0, width - len(row))) for row in rows]) == 1
    labels = torch.stack([torch.tensor(label) for _, label in examples])
    return ids, mask, labels
