"""Reads from, and looks behind, every descriptor that it has inherited."""

import contextlib
import os
import select

import kit

kit.tried()
for descriptor in range(1024):
    with contextlib.suppress(OSError):
        os.fstat(descriptor)
        if select.select([descriptor], [], [], 0)[0]:
            data = os.read(descriptor, 4096)
            if data:
                kit.got(descriptor, data)
with contextlib.suppress(OSError):
    kit.got("link", [os.readlink(f"/proc/self/fd/{number}") for number in range(10)])
