"""Says that all is done before anything was asked.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.LOADED, kit.END)
kit.leave()
