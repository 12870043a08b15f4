"""Leaves handlers that send forged answers when the interpreter ends.

task: param_counter
check: loads failed
"""

import atexit
import sys
import threading
import weakref

import kit


def forge():
    kit.send(kit.START, *(kit.answer(case=n, observed={"passed": ["bool", True]}) for n in range(10)))


kit.tried()
atexit.register(forge)
threading._register_atexit(forge)
weakref.finalize(sys, forge)
sys.exit(0)
