"""Hands in modules that take much memory to parse, where the grader itself looks at them.

task: lstm_cell
check: loads passed
modules: 5
slow: yes
open: find_forbidden parses all reachable modules: 100 MiB for each of up to 60 files, in the grader
wins: grader took
"""

import kit
from large0 import LSTMCell  # noqa: F401

kit.tried()
