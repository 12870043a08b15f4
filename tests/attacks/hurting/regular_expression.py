"""Runs a regular expression that never ends and that Python cannot interrupt.

task: param_counter
wall: 1
says: no answer within 1 s
"""

import re

import kit

kit.tried()


def count_rnn_parameters(*_):
    return re.match("(a|a)*b", "a" * 60)
