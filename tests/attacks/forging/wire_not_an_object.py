"""Sends headers that are JSON and no object.

task: param_counter
says: sent something that is not an answer
"""

import kit

kit.tried()
kit.send(kit.START, kit.raw(b"null"), kit.raw(b"[]"), kit.raw(b'"answer"'))
kit.leave()
