"""Sends a number of so many digits that Python refuses to read it.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b'{"kind":"answer","case":' + b"9" * 900_000 + b"}"))
kit.leave()
