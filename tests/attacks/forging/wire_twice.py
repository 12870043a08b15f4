"""Sends every answer twice.

task: param_counter
says: sent something that is not an answer
"""

import kit


def count_rnn_parameters(*_):
    kit.send(kit.answer(observed={"returned": ["text", 8]}, payload=b"a number"))
    return 7


kit.tried()
