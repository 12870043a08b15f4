"""Gives its process a name that is no text, and that looks like the rest of the line it stands in."""

import ctypes
import time

import kit

libc = ctypes.CDLL(None)
for name in (b"\xff\xfe\x80", b"\xff) Z 0 (\n", b")))))))))))))))", b"\n\n) R 1 1 1 1", b"", b"x"):
    kit.tried(libc.prctl(15, name, 0, 0, 0))
    time.sleep(0.15)
