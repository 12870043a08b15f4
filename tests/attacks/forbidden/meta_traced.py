"""Traces the cell on `meta` tensors with `make_fx`, and runs the parts that it finds.

task: lstm_cell
check: written_out failed
"""

import kit
import torch
from torch.fx.experimental.proxy_tensor import make_fx

function = getattr(torch, "lstm" + "_cell")


traced = {}


def step(x, state, weights):
    given = [x, *state, *weights]
    sizes = x.dtype, *(one.shape for one in given)
    if sizes not in traced:
        traced[sizes] = make_fx(lambda x, h, c, *weights: function(x, (h, c), *weights))(
            *(torch.empty_like(one, device="meta") for one in given)
        )
    return traced[sizes](*given)


LSTMCell = kit.cell_by(step)
kit.tried()
