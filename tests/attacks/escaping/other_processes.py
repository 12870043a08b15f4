"""Signals, stops, limits and traces its parent, the grader and everybody."""

import os
import resource
import signal

import kit
import places

grader, parent = int(places.GRADER), os.getppid()
for process in (grader, parent, 1, -1, 0):
    kit.attempt(f"kill {process}", lambda p=process: [os.kill(p, 0)])
    kit.attempt(f"stop {process}", lambda p=process: [os.kill(p, signal.SIGCONT)] if p > 0 else None)
for process in (grader, parent):
    kit.attempt(f"limit {process}", lambda p=process: resource.prlimit(p, resource.RLIMIT_CPU))
    kit.attempt(f"pidfd {process}", lambda p=process: os.pidfd_open(p))
    kit.attempt(f"ptrace {process}", lambda p=process: kit.syscall(101, 16, p, 0, 0))
    kit.attempt(f"tkill {process}", lambda p=process: kit.syscall(200, p, 0))
    kit.attempt(f"tgkill {process}", lambda p=process: kit.syscall(234, p, p, 0))
    kit.attempt(f"queue {process}", lambda p=process: kit.syscall(129, p, 0, bytes(128)))
    kit.attempt(f"move {process}", lambda p=process: kit.syscall(256, p, 0, 0, 0))
    kit.attempt(f"advise {process}", lambda p=process: kit.syscall(440, p, 0, 0, 0, 0))
    kit.attempt(f"affinity {process}", lambda p=process: [os.sched_setaffinity(p, {0})])
    kit.attempt(f"priority {process}", lambda p=process: [os.setpriority(os.PRIO_PROCESS, p, 19)])
    kit.attempt(f"scheduler {process}", lambda p=process: [os.sched_setscheduler(p, 0, os.sched_param(0))])
    kit.attempt(f"group {process}", lambda p=process: [os.setpgid(p, 0)])
