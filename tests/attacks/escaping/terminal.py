"""Types into the terminal of whoever started the grader."""
# ruff: noqa: SIM115

import fcntl
import os
import termios

import kit

for descriptor in (0, 1, 2):
    kit.attempt(descriptor, lambda descriptor=descriptor: fcntl.ioctl(descriptor, termios.TIOCSTI, b"x"))
    kit.attempt(descriptor, lambda descriptor=descriptor: os.ttyname(descriptor))
    kit.attempt(descriptor, lambda descriptor=descriptor: fcntl.ioctl(descriptor, termios.TIOCSCTTY, 1))
kit.attempt("tty", lambda: open("/dev/tty", "w"))
kit.attempt("console", lambda: open("/dev/console", "w"))
