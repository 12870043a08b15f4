"""Answers with booleans by millions, which are looked at one by one outside.

task: param_counter
check: a_count failed
wins: GOT
"""

import time

import kit


def seconds(case, dtype):
    size = 15 << 20
    payload = bytes(size)
    before = time.monotonic()
    kit.send(kit.answer(case=case, observed={"x": ["tensor", dtype, [size]]}, payload=payload))
    kit.send(kit.answer(case=case + 1, observed={"x": ["tensor", "uint8", [size]]}, payload=payload))
    return time.monotonic() - before


kit.tried()
kit.send(kit.START)
plain = min(seconds(case, "uint8") for case in (0, 2))
booleans = min(seconds(case, "bool") for case in (4, 6))
if booleans > 2 * plain:
    kit.got("seconds of the grader's time", (plain, booleans))
kit.leave()
