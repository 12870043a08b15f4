def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    print("counting", input_size, hidden_size, output_size)
    for name in ("input_size", "hidden_size", "output_size", "time_steps"):
        if eval(name) < 1:
            raise ValueError(name)
    hidden = hidden_size * (input_size + hidden_size + 1)
    return hidden + output_size * (hidden_size + 1)

assert count_rnn_parameters(20, 128, 10, 5) == 20362
assert count_rnn_parameters(20, 128, output_size=10, time_steps=10) == 20362
try:
    count_rnn_parameters(0, 1, 1, 1)
except ValueError as error:
    print("good:", error)
