from itertools import zip_longest

import torch


def collate(examples, pad=0, max_length=None):
    cut = [example[0][0:max_length] for example in examples]
    columns = list(zip_longest(*cut, fillvalue=None))
    mask = torch.tensor([[token is not None for token in column] for column in columns]).T
    ids = torch.tensor([[pad if token is None else token for token in column] for column in columns]).T
    return ids, mask, torch.tensor([example[1] for example in examples])
