import torch
from torch.nn.utils.rnn import pad_sequence


def collate(examples, pad=0, max_length=None):
    tokens, labels = zip(*examples)
    tokens = [torch.tensor(t, dtype=torch.long)[:max_length] for t in tokens]
    lengths = torch.tensor([len(t) for t in tokens])
    ids = pad_sequence(tokens, batch_first=True, padding_value=pad)
    mask = torch.arange(ids.size(1))[None, :] < lengths[:, None]
    return [ids, mask, torch.as_tensor(labels)]
