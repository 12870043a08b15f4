"""Idles in state D, as if it waited for a disk: for a thread that was made as vfork(2) makes processes.

wall: 1
score: 0
says: no answer within 1 s
"""

import kit

kit.tried()


def during():
    kit.wait_as_vfork(3)
