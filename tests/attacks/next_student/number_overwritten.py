"""Overwrites the number 199, of which Python keeps one for all, in memory.

next: str(int("99") + int("100")) != "199"
"""

import ctypes

import kit

kit.tried()
size = (200).__sizeof__()
ctypes.memmove(id(199), ctypes.string_at(id(200), size), size)
