"""Works for two seconds in each check and then ends itself, so that it is started again for the next.

task: param_counter
whole: 3
says: not reached: the program used up the time for one task (3 s for all its checks)
"""

import os
import time

import kit

kit.tried()


def count_rnn_parameters(*_):
    while time.process_time() < 2:
        pass
    os._exit(0)
