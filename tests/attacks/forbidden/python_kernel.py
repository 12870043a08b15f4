"""Takes the kernel in Python that torch keeps at the operator, and calls it directly.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

kernel = next(iter(getattr(torch.ops.aten, "ls" + "tm").input.py_kernels.values()))


def step(x, state, weights):
    h, c = (one.unsqueeze(0).double() for one in state)  # in float32 another layer would compute
    weights = [one.double() for one in weights]
    _, h, c = kernel(x.unsqueeze(0).double(), (h, c), weights, True, 1, 0.0, False, False, False)
    return h[0].to(x.dtype), c[0].to(x.dtype)


LSTMCell = kit.cell_by(step)
kit.tried()
