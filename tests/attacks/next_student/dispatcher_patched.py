"""Registers a kernel of its own for an operator of torch.

next: torch.ones(2).sum().item() != 2
"""

import kit
import torch

library = torch.library.Library("aten", "IMPL")
kit.attempt("impl", lambda: library.impl("sum", lambda one, **_: torch.tensor(7.0), "CPU"))
