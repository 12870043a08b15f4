"""Stops itself, so that it neither ends nor works.

task: param_counter
wall: 1
check: a_count failed
"""

import os
import signal

import kit

kit.tried()


def count_rnn_parameters(*_):
    signal.raise_signal(signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    return 7
