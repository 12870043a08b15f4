"""Changes torch's settings: default dtype, gradient mode, threads, anomaly mode.

next: torch.get_default_dtype() != torch.float32 or not torch.is_grad_enabled() or torch.get_num_threads() > 1
"""

import kit
import torch

torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
torch.set_num_threads(2)
torch.use_deterministic_algorithms(True)
kit.tried()
