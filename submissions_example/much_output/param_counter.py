"""Prints how it comes to the result, for each call some kilobytes."""


def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("all sizes start at 1")
    for unit in range(min(hidden_size, 100)):
        print(f"unit {unit}:", " ".join(f"w[{i}]" for i in range(min(input_size, 100))))
    return hidden_size * (input_size + hidden_size + 1) + output_size * (hidden_size + 1)


print("a megabyte of digits:", "0123456789" * 100_000)
