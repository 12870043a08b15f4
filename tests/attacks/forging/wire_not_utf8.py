"""Sends a header that is not UTF-8.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b'{"kind":"answer\xff\xfe"}'))
kit.leave()
