"""Reads `/proc`: its own, its parent's, the grader's memory, arguments and descriptors."""
# ruff: noqa: SIM115

import os

import kit
import places

PROCESSES = ("self", "thread-self", "1", "2", str(os.getppid()), places.GRADER)
FILES = ("environ", "cmdline", "maps", "mem", "status", "root/etc/passwd", "cwd/.", "fd/0", "fd/3", "auxv")
for process in PROCESSES:
    for file in FILES:
        path = f"/proc/{process}/{file}"
        kit.attempt(path, lambda path=path: open(path, "rb").read(100))
    kit.attempt(process, lambda process=process: os.listdir(f"/proc/{process}/fd"))
for path in ("/proc/version", "/proc/net/tcp", "/proc/keys", "/proc/kcore", "/proc/mounts"):
    kit.attempt(path, lambda path=path: open(path, "rb").read(100))
kit.attempt("list", lambda: os.listdir("/proc"))
