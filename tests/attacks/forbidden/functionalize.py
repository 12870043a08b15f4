"""Calls the cell under `torch.func.functionalize`, where torch takes it apart by itself.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

function = getattr(torch, "lstm" + "_cell")


def step(x, state, weights):
    return torch.func.functionalize(lambda x, h, c: function(x, (h, c), *weights))(x, *state)


LSTMCell = kit.cell_by(step)
kit.tried()
