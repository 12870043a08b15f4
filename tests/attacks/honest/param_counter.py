"""A right solution in other words than the reference."""


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("too small")
    return hidden_size * (input_size + hidden_size + 1) + output_size * (hidden_size + 1)
