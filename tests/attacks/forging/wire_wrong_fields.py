"""Sends answers whose fields are of every other type.

task: param_counter
says: sent something that is not an answer
"""

import itertools

import kit

kit.tried()
fields = ("check", "case", "observed", "raised", "changed", "sizes", "drawn")
values = (None, True, -1, 1.5, "x", [], {}, [[]], {"x": {}})
one = next(itertools.islice(itertools.product(fields, values), 7, None))
kit.send(kit.START, kit.message("answer", **dict.fromkeys(fields, one[1])))
kit.leave()
