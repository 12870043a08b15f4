"""A right solution that carries the attack `attack.py`; its marks must be those of the solution."""

import attack


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    getattr(attack, "during", lambda: None)()
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("too small")
    return hidden_size * (input_size + hidden_size + 1) + output_size * (hidden_size + 1)
