import numpy as np
import torch


def collate(examples, pad=0, max_length=None):
    lengths = np.array([len(t) if max_length is None else min(len(t), max_length) for t, _ in examples])
    ids = np.full((len(examples), lengths.max()), pad, dtype=np.int64)
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids[mask] = np.concatenate([t[:n] for (t, _), n in zip(examples, lengths)])
    labels = np.array([label for _, label in examples], dtype=np.int64)
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(labels)
