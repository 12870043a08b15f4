import torch


def normal(*shape):
    return 0.1 * torch.randn(*shape)
