"""Says after `loaded` that checks.py is broken.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.message("broken", text="checks.py cannot be run"), kit.END)
kit.leave()
