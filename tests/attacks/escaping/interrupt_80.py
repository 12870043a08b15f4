"""Calls the kernel by the 32-bit way, whose numbers a filter for 64 bits does not know.

task: param_counter
says: SIGSYS
"""

import kit

kit.tried()
# mov eax, 20 (getpid in 32 bits); int 0x80; ret
kit.got("int 0x80", kit.machine_code(bytes.fromhex("b814000000cd80c3"))(0))
