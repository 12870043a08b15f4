"""Leaves data in every pipe that it can find, for whoever has the same one next.

next: any(os.read(0, 1) for _ in range(1))
"""

import contextlib
import os

import kit

kit.tried()
for descriptor in range(3, 64):
    with contextlib.suppress(OSError):
        if descriptor != kit.answers():
            kit.got("written", os.write(descriptor, b"left for you"))
