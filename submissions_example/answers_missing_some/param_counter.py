"""Task 1: how many numbers does a vanilla RNN learn?"""


def linear(n_in, n_out, bias=True):
    """Parameters of one affine map."""
    return n_in * n_out + (n_out if bias else 0)


def count_rnn_parameters(input_size: int, hidden_size: int, output_size: int, time_steps: int) -> int:
    for name, value in locals().copy().items():
        if value < 1:
            raise ValueError(f"{name} has to be positive, got {value}")
    # x -> h, h -> h (they share one bias), h -> y. The weights are shared over time,
    # so time_steps does not matter.
    return (
        linear(input_size, hidden_size)
        + linear(hidden_size, hidden_size, bias=False)
        + linear(hidden_size, output_size)
    )


if __name__ == "__main__":
    print(count_rnn_parameters(20, 128, 10, 5), "should be 20362")
