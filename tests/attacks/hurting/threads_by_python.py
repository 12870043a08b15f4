"""Starts threads with small stacks until no more can be started.

task: param_counter
wall: 3
"""

import contextlib
import threading
import time

import kit

kit.tried()
threading.stack_size(32768)
with contextlib.suppress(BaseException):
    while True:
        threading.Thread(target=time.sleep, args=(999,), daemon=True).start()
