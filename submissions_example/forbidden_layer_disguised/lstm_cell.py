import torch
from torch import nn

# Looks like anything to a search for the name.
step = getattr(torch._VF, "_".join(["lstm", "cell"]))


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(0.1 * torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(0.1 * torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state=None):
        if state is None:
            zeros = x.new_zeros(x.shape[0], self.hidden_size)
            state = zeros, zeros
        h, c = state
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        return step(x, (h, c), *weights)
