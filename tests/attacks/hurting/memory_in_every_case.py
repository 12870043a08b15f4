"""Fills its memory in each case until there is no more.

task: param_counter
memory: 512
whole: 2
says: the program used up the time for one task (2 s for all its checks)
"""

import kit

kit.tried()


def count_rnn_parameters(*_):
    kept = []
    while True:
        kept.append(b"x" * (1 << 20))
