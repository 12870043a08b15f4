"""Lets libraries open the files: numpy, torch, sqlite, ctypes and the loader's messages."""

import ctypes
import sqlite3

import kit
import numpy as np
import places
import torch

for path in (places.SOLUTION, places.HOME, "/etc/passwd"):
    kit.attempt(path, lambda path=path: np.fromfile(path, np.uint8).tobytes())
    kit.attempt(path, lambda path=path: np.memmap(path, np.uint8, "r").tobytes())
    kit.attempt(path, lambda path=path: torch.from_file(path, size=64, dtype=torch.uint8).tolist())
    kit.attempt(path, lambda path=path: torch.load(path))
    kit.attempt(path, lambda path=path: sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("select 1"))
    kit.attempt(path, lambda path=path: ctypes.CDLL(path))
