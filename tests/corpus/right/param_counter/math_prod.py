import math
from typing import NamedTuple


class Sizes(NamedTuple):
    input: int
    hidden: int
    output: int


class NotASize(ValueError):
    pass


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    sizes = input_size, hidden_size, output_size, time_steps
    *sizes, steps = sizes
    if any(size <= 0 for size in [*sizes, steps]):
        raise NotASize("sizes start at 1")
    s = Sizes(*sizes)
    weights = map(math.prod, [(s.input, s.hidden), (s.hidden,) * 2, (s.hidden, s.output)])
    return sum(weights) + s.hidden + s.output
