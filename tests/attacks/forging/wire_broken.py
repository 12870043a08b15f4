"""Says in the worker's words that checks.py is broken, which costs nobody points.

task: param_counter
check: loads failed
"""

import kit

kit.tried()
kit.send(kit.message("broken", text="checks.py cannot be run"), kit.END)
kit.leave()
