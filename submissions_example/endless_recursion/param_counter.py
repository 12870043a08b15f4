def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    # one step has as many parameters as all the steps before it
    return count_rnn_parameters(input_size, hidden_size, output_size, time_steps - 1)
