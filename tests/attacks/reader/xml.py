"""Writes what no XML may hold: control characters, lone surrogates, ends of CDATA, entities.

task: param_counter
"""

import sys

import kit

TEXT = "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\ud800\udfff\ufffe\uffff"
TEXT += " ]]> <!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]> &y;"
kit.tried()
sys.stdout.buffer.write(b"\xff\xfe\xc0\x80 not UTF-8\n")


def count_rnn_parameters(*_):
    raise ValueError(TEXT)
