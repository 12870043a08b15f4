"""Task 2: the LSTM cell by hand."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size

        k = 1.0 / math.sqrt(hidden_size)

        def new(*shape):
            return nn.Parameter(torch.rand(*shape) * 2 * k - k)

        self.weight_ih = new(4 * hidden_size, input_size)
        self.weight_hh = new(4 * hidden_size, hidden_size)
        self.bias_ih = new(4 * hidden_size)
        self.bias_hh = new(4 * hidden_size)

    def init_state(self, x):
        shape = (x.size(0), self.hidden_size)
        return torch.zeros(shape, dtype=x.dtype), torch.zeros(shape, dtype=x.dtype)

    def forward(self, x, state=None):
        h_prev, c_prev = self.init_state(x) if state is None else state

        # rows of the weights: input, forget, cell, output (same as in torch)
        gates = F.linear(x, self.weight_ih, self.bias_ih)
        gates = gates + F.linear(h_prev, self.weight_hh, self.bias_hh)
        H = self.hidden_size
        input_gate = torch.sigmoid(gates[:, 0 * H : 1 * H])
        forget_gate = torch.sigmoid(gates[:, 1 * H : 2 * H])
        candidate = torch.sigmoid(gates[:, 2 * H : 3 * H])
        output_gate = torch.sigmoid(gates[:, 3 * H : 4 * H])

        c_next = forget_gate * c_prev + input_gate * candidate
        h_next = output_gate * torch.tanh(c_next)
        return h_next, c_next


def compare_with_torch():
    """Not part of the solution: our cell against torch's."""
    ours, theirs = LSTMCell(3, 5), nn.LSTMCell(3, 5)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3)
    for a, b in zip(ours(x), theirs(x)):
        print("max difference", (a - b).abs().max().item())


if __name__ == "__main__":
    compare_with_torch()
