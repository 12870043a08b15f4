"""Sleeps in each case, never as long as one check may take.

wall: 10
whole: 3
score: 0
says: the program used up the time for one task (3 s for all its checks)
"""

import time

import kit

left = [1] * 8
kit.tried()


def during():
    if left:
        time.sleep(left.pop())
