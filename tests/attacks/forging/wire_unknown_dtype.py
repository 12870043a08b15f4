"""Sends a tensor whose dtype is numpy's for Python objects.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "|O", [1]]}, payload=bytes(8)))
kit.leave()
