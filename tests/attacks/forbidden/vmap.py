"""Calls the cell under `torch.vmap`, where torch takes it apart by itself.

task: lstm_cell
check: returned failed
"""

import kit
import torch

function = getattr(torch, "lstm" + "_cell")


def step(x, state, weights):
    def one(x, h, c):
        h, c = function(x[None], (h[None], c[None]), *weights)
        return h[0], c[0]

    return torch.vmap(one)(x, *state)


LSTMCell = kit.cell_by(step)
kit.tried()
