"""Sends an answer with ten thousand names.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={str(n): ["none"] for n in range(10_000)}))
kit.leave()
