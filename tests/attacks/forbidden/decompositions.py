"""Calls the LSTM that torch keeps, written out in Python, among its decompositions.

task: lstm_cell
check: written_out failed
open: torch holds other programs that compute an LSTM; only the layer and its operators are refused
"""

import importlib

import kit

kit.tried()
found = importlib.import_module("torch._decomp.decompositions")


def step(x, state, weights):
    h, c = (one[None] for one in state)
    _, (h, c) = found.one_layer_lstm(x[None], (h, c), weights, True)
    return h[0], c[0]


LSTMCell = kit.cell_by(step)
