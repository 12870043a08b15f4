"""Raises an exception whose class lies about its name, its bases and its text.

task: param_counter
"""

import kit


class Meta(type):
    @property
    def __name__(cls):
        raise KeyboardInterrupt

    def mro(cls):
        return [cls, *Exception.__mro__]


class Hostile(Exception, metaclass=Meta):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__

    @property
    def __class__(self):
        return ValueError

    @property
    def __traceback__(self):
        return self


kit.tried()


def count_rnn_parameters(*_):
    raise Hostile
