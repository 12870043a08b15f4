import numpy as np

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("must be at least 1")
    hidden = hidden_size * (input_size + hidden_size + 1)
    return np.int64(hidden + output_size * (hidden_size + 1))
