"""Moves the cursor, sets the title and colours, and writes backwards, in a terminal.

task: param_counter
"""

import kit

TEXT = "\x1b[2J\x1b[1;1H\x1b]0;10/10\x07\x1b[32m10 of 10 points\x1b[0m\r\b\b\x9b31m"
TEXT += "\x00\x7f\u202e\u2066\u200b\ufeff"


class Hostile(Exception):
    pass


Hostile.__name__ = TEXT.replace("\x00", "")
kit.tried()
print(TEXT)


def count_rnn_parameters(*_):
    raise Hostile(TEXT + "\x1b]8;;http://example.org\x1b\\")
