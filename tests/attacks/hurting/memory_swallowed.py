"""Takes memory until there is none and swallows every MemoryError.

task: param_counter
memory: 256
wall: 2
check: a_count failed
"""

import kit

kept = []
kit.tried()


def count_rnn_parameters(*_):
    size = 1 << 26
    while True:
        try:
            kept.append(bytearray(size))
        except MemoryError:
            size = max(1, size // 2)
