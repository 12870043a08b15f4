"""Takes memory in every way: objects, torch, numpy, private and shared mappings.

task: param_counter
memory: 256
check: a_count failed
"""

import mmap

import kit
import numpy as np
import torch

WAYS = {
    "bytes": lambda: bytearray(600 << 20),
    "list": lambda: [bytes(1 << 20) for _ in range(600)],
    "torch": lambda: torch.ones(600 << 20, dtype=torch.uint8),
    "numpy": lambda: np.ones(600 << 20, dtype=np.uint8),
    "private": lambda: mmap.mmap(-1, 600 << 20, flags=mmap.MAP_PRIVATE),
    "shared": lambda: mmap.mmap(-1, 600 << 20, flags=mmap.MAP_SHARED),
    "torch shared": lambda: torch.ones(600 << 20, dtype=torch.uint8).share_memory_(),
    "many shared": lambda: [mmap.mmap(-1, 32 << 20, flags=mmap.MAP_SHARED) for _ in range(20)],
    "text": lambda: "x" * (600 << 20),
}
for name, way in WAYS.items():
    kit.attempt(name, lambda way=way: len(way()))
