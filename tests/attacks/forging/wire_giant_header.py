"""Announces a header of half a gigabyte and sends what it can of it.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b" " * (1 << 20), header_size=1 << 29))
kit.leave()
