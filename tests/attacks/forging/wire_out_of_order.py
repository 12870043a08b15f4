"""Answers the last case first.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(case=9, observed={}), kit.answer(case=0, observed={}))
kit.leave()
