"""Sends an exception that passed through files of the grader and of the machine.

task: param_counter
check: a_count failed
"""

import kit

kit.tried()
frames = [
    ["../../../etc/passwd", 1, "root"],
    ["/etc/passwd", 1, "root"],
    ["param_counter.py", 1 << 52, "far"],
    ["param_counter.py", 0, "before"],
    ["lstm_cell.py", 3, "other"],
]
error = {"kinds": [""], "message": ".\n.", "frames": frames * 8, "check_line": 1 << 52}
kit.send(kit.START, *(kit.answer(case=n, raised=error) for n in range(10)))
kit.leave()
