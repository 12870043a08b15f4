"""Writes HTML and scripts into names, exceptions and what it prints.

task: param_counter
"""

import kit

TEXT = "<script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>\"'><!--#exec--> ]]>"


class Hostile(Exception):
    pass


Hostile.__name__ = Hostile.__qualname__ = TEXT
kit.tried()
print(TEXT)
namespace = {"Hostile": Hostile}
exec(f"def count_rnn_parameters(*_):\n    raise Hostile({TEXT!r})  # {TEXT}\n", namespace)


def count_rnn_parameters(*_):  # <script>alert(4)</script>
    raise Hostile(TEXT)
