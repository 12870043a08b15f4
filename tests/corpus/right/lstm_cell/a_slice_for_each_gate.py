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
        H = self.hidden_size
        def gate(k, activation):
            rows = slice(k * H, (k + 1) * H)
            from_x = torch.mm(x, self.weight_ih[rows].T) + self.bias_ih[rows]
            from_h = torch.mm(h, self.weight_hh[rows, :].T) + self.bias_hh[rows]
            return activation(from_x + from_h)

        i_t = gate(0, torch.sigmoid)
        f_t = gate(1, torch.sigmoid)
        g_t = gate(2, torch.tanh)
        o_t = gate(3, torch.sigmoid)
        c_t = f_t * c + i_t * g_t
        h_t = o_t * torch.tanh(c_t)
        return (h_t, c_t)
