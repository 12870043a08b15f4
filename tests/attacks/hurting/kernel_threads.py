"""Starts eight thousand threads that take no memory of their own; sixteen are allowed.

task: param_counter
wall: 5
wins: GOT
"""

import kit

kit.tried()
start = kit.kernel_threads()
started = start(8000)
if started == 8000:
    kit.got("threads", started)
