"""Reads from address zero.

task: param_counter
says: crashed (signal SIGSEGV)
"""

import ctypes

import kit

kit.tried()


def count_rnn_parameters(*_):
    ctypes.string_at(0)
