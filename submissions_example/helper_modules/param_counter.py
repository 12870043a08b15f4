from common.sizes import at_least_one


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    at_least_one(input_size, hidden_size, output_size, time_steps)
    hidden_layer = hidden_size * (input_size + hidden_size + 1)
    return hidden_layer + output_size * (hidden_size + 1)
