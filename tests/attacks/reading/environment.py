"""Looks for the grader's environment: in `os.environ`, in libc's and on its own stack."""

import ctypes
import os
import sys

import kit

kit.attempt("os.environ", lambda: [key for key in os.environ if "ATTACKED" in key] or None)
kit.attempt("os.environ values", lambda: [one for one in os.environ.values() if "marker" in one] or None)
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
kit.attempt("getenv", lambda: libc.getenv(b"ATTACKED"))
strings = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
index = 0
while strings[index]:
    if b"marker-env" in strings[index]:
        kit.got("environ", strings[index])
    index += 1
kit.attempt("arguments", lambda: [one for one in sys.orig_argv if "marker" in one] or None)
