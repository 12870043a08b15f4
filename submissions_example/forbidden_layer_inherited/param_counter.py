def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("all sizes start at 1")
    # every step uses the same weights
    hidden_layer = hidden_size * (input_size + hidden_size + 1)
    output_layer = output_size * (hidden_size + 1)
    return hidden_layer + output_layer
