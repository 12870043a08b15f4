"""Floods the descriptor of the answers with what is none.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()


def count_rnn_parameters(*_):
    while True:
        kit.send(b"\x10\0\0\0" * 100_000)
