"""Calls the cell under autocast.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

function = getattr(torch, "lstm" + "_cell")


def step(x, state, weights):
    with torch.autocast("cpu"):
        return function(x, state, *weights)


LSTMCell = kit.cell_by(step)
kit.tried()
