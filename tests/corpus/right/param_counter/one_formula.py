def count_rnn_parameters(
    input_size: int, hidden_size: int, output_size: int, time_steps: int
) -> int:
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError
    hidden = hidden_size * (input_size + hidden_size + 1)
    return hidden + output_size * (hidden_size + 1)
