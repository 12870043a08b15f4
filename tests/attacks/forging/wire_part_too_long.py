"""Sends an exception whose part of a line holds more names than are read.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
error = {"kinds": ["E"], "message": "", "frames": [["param_counter.py", 1, "f"]], "check_line": 1}
error["blamed"] = ["x", [["x", "tensor", [1], "float64"]] * 7]
kit.send(kit.START, kit.answer(raised=error))
kit.leave()
