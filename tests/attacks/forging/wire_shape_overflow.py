"""Sends an empty tensor whose other axes multiply beyond what numpy can hold.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "float64", [0] + [1 << 20] * 7]}))
kit.leave()
