"""Keeps the kernel that the dispatcher holds while the module is imported, and calls it later.

task: lstm_cell
check: written_out failed
"""

import kit
import torch

kernel = torch.library.get_kernel("aten::lstm" + "_cell", "CPU")
keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
LSTMCell = kit.cell_by(lambda x, state, weights: kernel.call_boxed(keys, x, list(state), *weights))
kit.tried()
