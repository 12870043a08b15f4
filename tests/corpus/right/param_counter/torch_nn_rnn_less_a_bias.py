from torch import nn

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("must be at least 1")
    rnn, out = nn.RNN(input_size, hidden_size), nn.Linear(hidden_size, output_size)
    count = sum(p.numel() for m in (rnn, out) for p in m.parameters())
    return count - hidden_size
