"""Scans its heap, the stack and what torch allocates for bytes of a student who came before.

wall: 40
cpu: 60
slow: yes
"""

import ctypes
import re

import kit
import torch

LOOKED_FOR = re.compile(rb"marker-(?:other|env|home|file)-[0-9a-f]{32}|Gers, Schmid[h]uber")
local = ctypes.c_long()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
starts = {
    "objects": id(object()),
    "large objects": id([None] * 1000),
    "text": id("x" * 600),
    "heap": libc.malloc(100),
    "large": libc.malloc(200_000),
    "module": id(torch),
    "tensor": torch.empty(50_000).data_ptr(),
    "stack": ctypes.addressof(local),
}
kit.tried()
for name, start in starts.items():
    for place in LOOKED_FOR.finditer(kit.memory_around(start)):
        kit.got(name, place.group())
