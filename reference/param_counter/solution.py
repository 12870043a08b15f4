"""The number of trainable parameters of a vanilla RNN with one hidden layer."""


def count_rnn_parameters(input_size: int, hidden_size: int, output_size: int, time_steps: int) -> int:
    """Return the number of weights and biases of the network, unrolled `time_steps` times.

    The terms are the parameters of an Elman network, h_t = tanh(W x_t + U h_{t-1} + b) and
    y_t = V h_t + d; see Goodfellow, Bengio & Courville, Deep Learning, equations 10.8 to 10.11.
    Every step uses the same parameters, so their number does not depend on `time_steps`.
    """
    if input_size < 1 or hidden_size < 1 or output_size < 1:
        raise ValueError("every size must be at least 1")
    if time_steps < 1:
        raise ValueError("the number of time steps must be at least 1")
    input_weights = input_size * hidden_size
    hidden_weights = hidden_size * hidden_size
    output_weights = hidden_size * output_size
    biases = hidden_size + output_size
    return input_weights + hidden_weights + output_weights + biases
