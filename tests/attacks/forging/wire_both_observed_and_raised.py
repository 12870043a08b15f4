"""Sends an answer that both raised and did not.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
error = {"kinds": ["ValueError"], "message": "", "frames": [], "check_line": 0}
kit.send(kit.START, kit.answer(observed={}, raised=error))
kit.leave()
