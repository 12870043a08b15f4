"""Begins the conversation anew, with a description of checks worth nothing.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.message("started"), kit.message("described", forbid=[], checks=[]), kit.END)
kit.leave()
