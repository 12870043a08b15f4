"""Starts threads that take no memory of its own, two thousand of them: the limit is sixteen.

open root: RLIMIT_NPROC does not bind root: only the machine's own limit (pid_max) ends this as root
wins: GOT
"""

import kit

kit.tried()
start = kit.kernel_threads()
started = start(2000)
if started > 64:
    kit.got("threads", started)
