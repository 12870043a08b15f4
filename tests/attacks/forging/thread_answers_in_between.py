"""Lets a thread send answers while the worker sends its own.

task: param_counter
"""

import threading

import kit


def forge():
    while True:
        kit.send(kit.answer(observed={"returned": ["text", 8]}, payload=b"a number"))


def count_rnn_parameters(*_):
    return 7


kit.tried()
threading.Thread(target=forge, daemon=True).start()
