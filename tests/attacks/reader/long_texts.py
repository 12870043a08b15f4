"""Raises an exception with a text, a name and lines of source without an end.

task: param_counter
"""

import kit


class Long(Exception):
    pass


Long.__name__ = "N" * 100_000
kit.tried()
print("x" * 200_000)


def count_rnn_parameters(*_):
    raise Long("m" * 1_000_000)
