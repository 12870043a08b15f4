from functools import reduce
from operator import add, mul

_terms = lambda i, h, o: (i * h, h ** 2, h * o, h, o)

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if not all(n > 0 for n in (input_size, hidden_size, output_size, time_steps)):
        raise ValueError("bad size")
    return reduce(add, _terms(input_size, hidden_size, output_size))
