"""Ends with SIGABRT, SIGKILL and SIGTERM to itself.

task: param_counter
check: a_count failed
"""

import ctypes

import kit

kit.tried()


def count_rnn_parameters(*_):
    ctypes.CDLL(None).abort()
