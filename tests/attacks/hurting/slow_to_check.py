"""Answers with booleans by millions, which are looked at one by one outside.

task: param_counter
check: a_count failed
"""

import time

import kit

kit.tried()
_, job = kit.asked()
size = 15 << 20
kit.send(kit.START)
before = time.monotonic()
for case in range(4):
    kit.send(kit.answer(case=case, observed={"x": ["tensor", "bool", [size]]}, payload=bytes(size)))
seconds = time.monotonic() - before
if seconds > 1.5:
    kit.got("seconds of the grader's time for 60 MiB", round(seconds, 1))
kit.leave()
