"""Reads the memory of the grader and of the zygote."""
# ruff: noqa: SIM115

import ctypes
import os
import struct

import kit
import places

buffer = ctypes.create_string_buffer(64)
local = struct.pack("<QQ", ctypes.addressof(buffer), 64)
for process in (os.getppid(), int(places.GRADER), 1):
    remote = struct.pack("<QQ", id(kit), 64)
    kit.attempt(process, lambda p=process, r=remote: kit.syscall(310, p, local, 1, r, 1, 0))
    kit.attempt(process, lambda p=process: kit.syscall(438, kit.syscall(434, p, 0), 0, 0))
    kit.attempt(process, lambda p=process: kit.syscall(312, os.getpid(), p, 0, 0, 0))
    kit.attempt(process, lambda p=process: open(f"/proc/{p}/mem", "rb"))
