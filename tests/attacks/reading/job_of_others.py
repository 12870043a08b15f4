"""Reads the pipes of other children: what is in the descriptor of answers, printed text, the job."""

import os

import kit

kit.tried()
for descriptor in (0, 1, 2, kit.answers()):
    kit.attempt(descriptor, lambda descriptor=descriptor: os.read(descriptor, 100) or None)
    kit.attempt(descriptor, lambda descriptor=descriptor: os.pread(descriptor, 100, 0) or None)
    kit.attempt(descriptor, lambda descriptor=descriptor: os.lseek(descriptor, 0, 0) or None)
