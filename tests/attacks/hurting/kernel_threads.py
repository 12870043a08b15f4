"""Keeps eight thousand threads that take no memory of their own for a second; sixteen are allowed.

task: param_counter
wall: 5
wins: GOT
"""

import time

import kit

kit.tried()
start = kit.kernel_threads()
started = start(8000)
time.sleep(1)  # they are counted from outside, some times a second
if started == 8000:
    kit.got("threads", started)
