"""Calls the cell through `torch._VF`.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

function = getattr(torch._VF, "lstm" + "_cell")
LSTMCell = kit.cell_by(lambda x, state, weights: function(x, state, *weights))
kit.tried()
