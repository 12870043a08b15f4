import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.i2h = nn.Linear(i, h, bias=False, device="meta")
        self.h2h = nn.Linear(h, h, device="meta")
        self.h2o = nn.Linear(h, o, device="meta")


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if input_size < 1 or hidden_size < 1 or output_size < 1 or time_steps < 1:
        raise ValueError("must be at least 1")
    return sum(p.numel() for p in Net(input_size, hidden_size, output_size).parameters())
