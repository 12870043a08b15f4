"""Asks which processes there are, by the calls that take a number of a process.

wins: GOT
"""

import os

import kit
import places

grader = int(places.GRADER)
kit.attempt("affinity", lambda: os.sched_getaffinity(grader))
kit.attempt("priority", lambda: os.getpriority(os.PRIO_PROCESS, grader))
kit.attempt("scheduler", lambda: os.sched_getscheduler(grader))
kit.attempt("session", lambda: os.getsid(grader))
kit.attempt("group", lambda: os.getpgid(grader))
