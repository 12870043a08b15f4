"""Sends tensors with negative, fractional and boolean axes.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
for shape in ([-1], [1.5], [True], ["1"], [None], [[1]], [1] * 40):
    kit.send(kit.START, kit.answer(observed={"returned": ["tensor", "int8", shape]}, payload=bytes(1)))
kit.leave()
