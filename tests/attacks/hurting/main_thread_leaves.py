"""Ends its main thread and goes on in another one.

task: param_counter
wall: 1
says: no answer within 1 s
"""

import threading
import time

import kit

threading.Thread(target=time.sleep, args=(999,)).start()
kit.tried()


def count_rnn_parameters(*_):
    kit.syscall(60, 0)
