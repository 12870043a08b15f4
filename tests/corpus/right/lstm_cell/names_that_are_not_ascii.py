import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def start(self, x, state):
        if state is not None:
            return state
        zeros = torch.zeros(x.size(0), self.hidden_size, dtype=x.dtype, device=x.device)
        return zeros, zeros

    def forward(self, x, state=None):
        h, c = self.start(x, state)
        σ, tanh = torch.sigmoid, torch.tanh
        Wx, Wh, bₓ = self.weight_ih, self.weight_hh, self.bias_ih + self.bias_hh
        входной, забывания, ĝ, 出力 = (x @ Wx.T + h @ Wh.T + bₓ).chunk(4, 1)
        c = σ(забывания) * c + σ(входной) * tanh(ĝ)  # ƒ ⊙ c + i ⊙ g
        return σ(出力) * tanh(c), c
