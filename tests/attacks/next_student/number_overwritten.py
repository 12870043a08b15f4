"""Overwrites the number 251, of which Python keeps one for all, in memory.

next: str(int("99") + int("152")) != "251"
"""

import ctypes

import kit

kit.tried()
size = (252).__sizeof__()
ctypes.memmove(id(251), ctypes.string_at(id(252), size), size)
