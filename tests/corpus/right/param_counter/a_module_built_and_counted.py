import torch.nn as nn

def count_rnn_parameters(input_size, hidden_size, output_size, time_steps):
    if min(input_size, hidden_size, output_size, time_steps) < 1:
        raise ValueError("must be at least 1")
    net = nn.ModuleList([
        nn.Linear(input_size, hidden_size, bias=False),
        nn.Linear(hidden_size, hidden_size),
        nn.Linear(hidden_size, output_size),
    ])
    return sum(p.numel() for p in net.parameters() if p.requires_grad)
