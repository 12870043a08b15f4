"""Announces a message of four gigabytes.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b"{}", payload_size=0xFFFFFFFF))
kit.leave()
