"""Leaves data in every pipe that it can find, for whoever has the same one next.

next: any(os.read(0, 1) for _ in range(1))
"""

import contextlib
import os

import kit

kit.tried()
for descriptor in (0, *range(4, 64)):
    with contextlib.suppress(OSError):
        os.write(descriptor, b"left for you")
        kit.got("written", descriptor) if descriptor != kit.answers() else None
