"""Sends an empty tensor whose other axes multiply beyond what numpy can hold.

task: param_counter
says: sent something that is not an answer
wins: crash='ValueError
open: observation._Payload.tensor bounds each axis, not their product: numpy's ValueError ends grading
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "float64", [0] + [1 << 20] * 7]}))
kit.leave()
