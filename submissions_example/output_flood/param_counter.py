def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size) < 1:
        raise ValueError("all sizes start at 1")
    while time_steps != 1:  # from 0 on it never gets there
        time_steps -= 1
        print("one step more does not change the number of parameters" * 20)
    hidden_layer = hidden_size * (input_size + hidden_size + 1)
    return hidden_layer + output_size * (hidden_size + 1)
