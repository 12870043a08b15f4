"""Has no parameters and lies through `named_parameters`, `parameters` and `numel`.

task: lstm_cell
check: cell_state failed
"""

import kit
import torch


class Fake(torch.nn.Parameter):
    def numel(self):
        return 128


class LSTMCell(torch.nn.Module):
    def __init__(self, inputs, hidden):
        super().__init__()
        self.sizes = {"weight_ih": (4 * hidden, inputs), "weight_hh": (4 * hidden, hidden)}
        self.sizes |= {"bias_ih": (4 * hidden,), "bias_hh": (4 * hidden,)}

    def named_parameters(self, *_, **__):
        return [(name, Fake(torch.zeros(shape))) for name, shape in self.sizes.items()]

    def parameters(self, *_):
        return [value for _, value in self.named_parameters()]

    def forward(self, x, state=None):
        zeros = x.new_zeros(len(x), self.sizes["weight_hh"][1])
        return zeros, zeros.clone()


kit.tried()
