"""Ends in the middle of a message.

task: param_counter
says: ended itself
"""

import kit

kit.tried()
kit.send(kit.START, kit.answer(observed={"returned": ["text", 8]}, payload=b"a number")[:-3])
kit.leave()
