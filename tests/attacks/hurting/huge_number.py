"""Computes a power that never ends, in one instruction of the interpreter.

task: param_counter
wall: 1
says: no answer within 1 s
"""

import kit

kit.tried()


def count_rnn_parameters(*_):
    return 7 ** (7**20)
