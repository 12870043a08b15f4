"""Says in the worker's words that checks.py is broken, which costs nobody points.

task: param_counter
check: loads failed
wins: score=10.0
open: asking._Listener believes `broken` from a process that has begun to import the submission
"""

import kit

kit.tried()
kit.send(kit.message("broken", text="checks.py cannot be run"), kit.END)
kit.leave()
