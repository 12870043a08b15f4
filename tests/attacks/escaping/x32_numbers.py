"""Calls the kernel by numbers of x32, which a filter may have forgotten.

task: param_counter
says: SIGSYS
"""

import kit

kit.attempt("x32 execve", lambda: kit.syscall(0x40000000 + 520, b"/bin/true", 0, 0))
