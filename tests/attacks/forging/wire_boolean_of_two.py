"""Sends a boolean tensor whose byte is neither 0 nor 1.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "bool", [1]]}, payload=b"\x02"))
kit.leave()
