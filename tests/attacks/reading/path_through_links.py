"""Reads the solution by ways around its name: `..`, `/proc/self/root`, `O_PATH`, a folder's descriptor."""
# ruff: noqa: SIM115

import os

import kit
import places

path = places.SOLUTION
AROUND = (f"/usr/lib/../..{path}", f"/proc/self/root{path}", f"/proc/self/cwd{path}", f"//{path}")
for one in AROUND:
    kit.attempt(one, lambda one=one: open(one).read())


def by_folder():
    folder = os.open(os.path.dirname(path), os.O_PATH)
    return os.read(os.open(os.path.basename(path), os.O_RDONLY, dir_fd=folder), 100)


def by_handle():
    file = os.open(path, os.O_PATH)
    return open(f"/proc/self/fd/{file}").read()


kit.attempt("folder", by_folder)
kit.attempt("handle", by_handle)
kit.attempt("handle read", lambda: os.read(os.open(path, os.O_PATH), 100))
kit.attempt("mapped", lambda: kit.syscall(9, 0, 4096, 1, 2, os.open(path, os.O_PATH), 0))
kit.attempt("chdir", lambda: [os.chdir(os.path.dirname(path)), open("solution.py").read()])
kit.attempt("chroot", lambda: [os.chroot("."), 1])
