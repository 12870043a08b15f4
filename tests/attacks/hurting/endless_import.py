"""Never ends being imported.

task: param_counter
wall: 1
check: loads failed
says: no answer within 1 s
"""

import time

import kit

kit.tried()
time.sleep(999)
