import math


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    for size in (input_size, hidden_size, output_size, time_steps):
        if size < 1:
            raise ValueError(f"{size} is too small")
    shapes = [(input_size, hidden_size), (hidden_size, hidden_size), (hidden_size, output_size)]
    total = sum(math.prod(shape) for shape in shapes)
    total += hidden_size
    total += output_size
    return total
