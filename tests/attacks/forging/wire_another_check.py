"""Begins with another check than the one that is due.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.LOADED, kit.message("begin", check="total"), kit.answer("total", 0, {}))
kit.leave()
