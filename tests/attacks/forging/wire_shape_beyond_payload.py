"""Sends a tensor header that claims more entries than there are bytes.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "float64", [1 << 40]]}, payload=bytes(8)))
kit.leave()
