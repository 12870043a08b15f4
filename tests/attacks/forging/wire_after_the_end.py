"""Goes on talking after the last message, with other answers.

task: param_counter
score: 10
"""

import sys

import kit

worker = sys.modules["grader.guest.worker"]
pack = worker.pack


def packed(kind, *rest):
    if kind == "end":
        kit.tried()
        return pack(kind, *rest) + kit.START + kit.message("broken", text="ours") + b"\xff" * 100
    return pack(kind, *rest)


worker.pack = packed


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError
    return hidden_size * (input_size + hidden_size + 1) + output_size * (hidden_size + 1)
