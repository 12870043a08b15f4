"""Has faulthandler write a traceback onto the descriptor of the answers, and crashes.

task: param_counter
says: sent something that is not an answer
"""

import ctypes
import faulthandler

import kit

kit.tried()
faulthandler.enable(kit.answers())


def count_rnn_parameters(*_):
    ctypes.string_at(0)
