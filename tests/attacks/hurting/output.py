"""Floods standard output and error.

task: param_counter
output: 256
says: printed more than 256 KiB
"""

import sys

import kit

kit.tried()


def count_rnn_parameters(*_):
    while True:
        print("x" * 10_000)
        print("y" * 10_000, file=sys.stderr)
