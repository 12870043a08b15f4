"""Sends lists a hundred thousand levels deep.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}"))
kit.leave()
