"""Writes HTML into values, types and names of observations.

task: lstm_cell
"""

import kit

TEXT = "<script>alert(1)</script>{{ 7 * 7 }}{% raw %}<img src=x>"
kind = type(TEXT, (), {"__repr__": lambda self: TEXT})
kit.tried()
LSTMCell = kit.cell_by(lambda x, state, weights: (kind(), {TEXT: kind()}))
