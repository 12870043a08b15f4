"""Sends one byte of a message every tenth of a second, without an end.

task: param_counter
wall: 1
says: no answer within 1 s
"""

import time

import kit

kit.tried()
kit.send(kit.LOADED)
for byte in kit.message("begin", check="a_count"):
    kit.send(bytes([byte]))
    time.sleep(0.1)
