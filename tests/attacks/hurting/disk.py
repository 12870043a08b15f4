"""Fills the disk and the table of files."""
# ruff: noqa: SIM115

import os

import kit
import places

for folder in (places.TEMPORARY, "/tmp", "/dev/shm", ".", os.path.expanduser("~")):
    path = os.path.join(folder, "left-by-an-attack")
    kit.attempt(path, lambda path=path: open(path, "wb").write(bytes(1 << 20)))
    kit.attempt(path, lambda path=path: [os.mknod(f"{path}.{number}") for number in range(100)])
    kit.attempt(path, lambda path=path: os.posix_fallocate(os.open(path, os.O_CREAT | os.O_RDWR), 0, 1 << 20))
