"""Observes an int of many digits, a float that is none, and infinities.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(
    kit.START,
    kit.answer(case=0, observed={"returned": ["int", "9" * 100], "x": ["float", "nan"]}),
    kit.answer(case=1, observed={"returned": ["float", "inf"], "x": ["float", "1e999"]}),
    kit.answer(case=2, observed={"returned": ["float", "inf"], "x": ["float", "0x1p3"]}),
)
kit.leave()
