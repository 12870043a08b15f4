"""Never returns, and ignores every signal that can be ignored.

task: param_counter
wall: 1
says: no answer within 1 s
"""

import contextlib
import signal

import kit

for number in signal.valid_signals():
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)
kit.tried()


def count_rnn_parameters(*_):
    while True:
        pass
