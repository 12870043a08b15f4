"""Answers from a signal handler, which runs while the worker is at work.

task: param_counter
"""

import signal

import kit


def forge(*_):
    kit.send(kit.answer(observed={"returned": ["text", 8]}, payload=b"a number"))


signal.signal(signal.SIGUSR1, forge)


def count_rnn_parameters(*_):
    signal.raise_signal(signal.SIGUSR1)
    return 7


kit.tried()
