"""Allocates memory that is not cleared and looks for what was there before."""

import re

import kit
import numpy as np
import torch

LOOKED_FOR = re.compile(b"marker-" + b"(?:other|env|home|file)-" + b"[0-9a-f]{32}")
kit.tried()
for power in range(4, 27):
    for block in (torch.empty(1 << power, dtype=torch.uint8).numpy(), np.empty(1 << power, np.uint8)):
        for place in LOOKED_FOR.finditer(block.tobytes()):
            kit.got(power, place.group())
