"""Calls `.decompose` by a name that is put together.

task: lstm_cell
check: written_out failed
wins: score=20.0
"""

import kit
import torch

operator = getattr(torch.ops.aten, "lstm" + "_cell").default
apart = getattr(operator, "decom" + "pose")
LSTMCell = kit.cell_by(lambda x, state, weights: apart(x, list(state), *weights))
kit.tried()
