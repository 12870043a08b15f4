"""Calls the cell through the C extension's table of functions.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

function = getattr(torch._C._VariableFunctions, "lstm" + "_cell")
LSTMCell = kit.cell_by(lambda x, state, weights: function(x, list(state), *weights))
kit.tried()
