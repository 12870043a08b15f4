"""Calls the cell through the C extension's table of functions.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

function = vars(torch._C._VariableFunctionsClass)["lstm" + "_cell"]
LSTMCell = kit.cell_by(lambda x, state, weights: torch._C._VariableFunctions.lstm_cell(x, state, *weights))
kit.tried(function)
