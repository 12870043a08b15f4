"""Turns into another program: `execve`, `execveat`, the dynamic loader, and code in a memfd."""

import os

import kit
import torch

PROGRAMS = ("/bin/sh", "/usr/bin/env", os.path.realpath("/proc/self/exe"), torch.__file__)
for program in PROGRAMS:
    kit.attempt(program, lambda program=program: os.execv(program, [program, "-c", "echo GOT exec"]))
kit.attempt("loader", lambda: os.execv("/lib64/ld-linux-x86-64.so.2", ["ld", "/bin/echo", "GOT exec"]))


def memfd():
    with os.fdopen(os.memfd_create("x"), "wb") as file:
        file.write(b"#!/bin/sh\necho GOT exec\n")
    return file


kit.attempt("memfd", memfd)
kit.attempt("memfd by number", lambda: kit.syscall(319, b"x", 0))
kit.attempt("execveat", lambda: kit.syscall(322, os.open("/", os.O_PATH), b"bin/true", 0, 0, 0))
