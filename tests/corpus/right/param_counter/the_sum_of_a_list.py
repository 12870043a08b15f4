def _check(**sizes):
    for name, size in sizes.items():
        if not size >= 1:
            raise ValueError(f"{name} must be positive, got {size!r}")


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps=1):
    _check(**locals())
    shapes = [
        (hidden_size, input_size),
        (hidden_size, hidden_size),
        (hidden_size,),
        (output_size, hidden_size),
        (output_size,),
    ]
    total = 0
    for shape in shapes:
        n = 1
        for side in shape:
            n *= side
        total += n
    return total
