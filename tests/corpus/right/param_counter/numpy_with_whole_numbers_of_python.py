import numpy as np

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    sizes = np.array([input_size, hidden_size, output_size], dtype=object)
    if (sizes < 1).any() or time_steps < 1:
        raise ValueError("sizes must be >= 1")
    i, h, o = sizes
    return int(np.dot([i, h, o, 1, 1], np.array([h, h, h, h, o], dtype=object)))
