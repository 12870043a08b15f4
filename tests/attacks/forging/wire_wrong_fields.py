"""Sends an answer whose every field is of another type than it should be.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
wrong = {"check": ["a_count"], "case": "0", "observed": 1, "raised": True, "changed": {}, "sizes": []}
kit.send(kit.START, kit.message("answer", drawn="", **wrong))
kit.leave()
