import torch
from torch import nn


class VanillaRNN(nn.ParameterDict):
    __call__ = nn.Module.__call__

    def __init__(self, input_size, hidden_size, output_size):
        super().__init__({
            "weight_ih": torch.randn(hidden_size, input_size),
            "weight_hh": torch.randn(hidden_size, hidden_size),
            "bias_h": torch.zeros(hidden_size),
            "weight_ho": torch.randn(output_size, hidden_size),
            "bias_o": torch.zeros(output_size),
        })

    def forward(self, x, h0=None):
        h = x.new_zeros(x.size(1), len(self["bias_h"])) if h0 is None else h0
        y = []
        for x_t in x:
            h = torch.tanh(x_t @ self["weight_ih"].T + h @ self["weight_hh"].T + self["bias_h"])
            y.append(h @ self["weight_ho"].T + self["bias_o"])
        return torch.stack(y), h
