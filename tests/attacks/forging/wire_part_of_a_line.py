"""Sends an exception with a line that was never written, full of what a page or a terminal may obey.

task: param_counter
check: a_count failed
says: In `
"""

import kit

kit.tried()
part = "</code><script>alert(1)</script>\x1b[2J\u202e ``` ::error:: ##vso[x] {held} [a](b)"
held = [["`<img src=x onerror=alert(1)>\n::x", "tensor", [(1 << 53) - 1] * 8, "\x1b]0;\x07"]] * 6
error = {"kinds": ["E"], "message": "", "frames": [["param_counter.py", 1, "f"]], "check_line": 1}
error["blamed"] = [part, held]
kit.send(kit.START, *(kit.answer(case=n, raised=error) for n in range(10)))
kit.leave()
