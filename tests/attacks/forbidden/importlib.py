"""Imports `torch.nn.modules.rnn` by a name that is put together.

task: lstm_cell
check: written_out failed
"""

import importlib

import kit

kit.tried()
LSTMCell = vars(importlib.import_module("torch.nn.modules.r" + "nn"))["LSTMCell"]
