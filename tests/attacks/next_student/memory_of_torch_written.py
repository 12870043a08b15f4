"""Changes torch's code and constants where they lie in memory.

next: torch.float64.is_floating_point is False or torch.pi == 3
"""

import ctypes

import kit
import torch

torch.pi = 3
kit.tried()
address = ctypes.cast(torch._C.__file__ and ctypes.pythonapi.PyFloat_FromDouble, ctypes.c_void_p).value
page = address & ~4095
ctypes.CDLL(None).mprotect(ctypes.c_void_p(page), 8192, 7)
before = ctypes.string_at(address, 16)
ctypes.memmove(address, before, 16)
