import torch
from torch import nn


class VanillaRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.i2h = nn.Linear(input_size, hidden_size)
        self.h2h = nn.Linear(hidden_size, hidden_size, bias=False)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.weight_ih, self.bias_h = self.i2h.weight, self.i2h.bias
        self.weight_hh = self.h2h.weight
        self.weight_ho, self.bias_o = self.h2o.weight, self.h2o.bias

    def forward(self, x, h0=None):
        h = h0 if h0 is not None else x.new_zeros(x.size(1), self.h2h.in_features)
        outputs = []
        for x_t in x:
            h = torch.tanh(self.i2h(x_t) + self.h2h(h))
            outputs.append(self.h2o(h))
        return torch.stack(outputs), h
