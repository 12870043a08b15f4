"""Sends a case number of four thousand digits.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b'{"kind":"answer","check":"a_count","case":' + b"9" * 4000 + b"}"))
kit.leave()
