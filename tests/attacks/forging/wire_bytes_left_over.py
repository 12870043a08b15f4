"""Sends bytes that no tensor of the header claims.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "int8", [1]]}, payload=bytes(9)))
kit.leave()
