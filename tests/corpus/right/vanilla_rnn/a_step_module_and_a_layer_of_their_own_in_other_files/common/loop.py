import torch


def unroll(cell, xs, h):
    hs = []
    for x in xs:
        h = cell(x, h)
        hs.append(h)
    return torch.stack(hs)
