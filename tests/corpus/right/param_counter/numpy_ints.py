import numpy as np

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("must be at least 1")
    i, h, o = input_size, hidden_size, output_size
    return np.sum([np.prod(shape) for shape in [(i, h), (h, h), (h, o), (h,), (o,)]])
