"""Calls the cell through `torch.ops.aten`.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

operator = getattr(torch.ops.aten, "lstm" + "_cell").default
LSTMCell = kit.cell_by(lambda x, state, weights: operator(x, list(state), *weights))
kit.tried()
