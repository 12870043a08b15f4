from torch import nn


class Affine(nn.Module):
    def forward(self, x, weight, bias=0):
        return x @ weight.T + bias
