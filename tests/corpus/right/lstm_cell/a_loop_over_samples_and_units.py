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
        hs, cs = [], []
        for b in range(x.shape[0]):
            for u in range(H):
                i, f, g, o = [
                    self.weight_ih[r].dot(x[b]) + self.bias_ih[r]
                    + self.weight_hh[r].dot(h[b]) + self.bias_hh[r]
                    for r in range(u, 4 * H, H)
                ]
                new = f.sigmoid() * c[b, u] + i.sigmoid() * g.tanh()
                cs.append(new)
                hs.append(o.sigmoid() * new.tanh())
        return torch.stack(hs).reshape(-1, H), torch.stack(cs).reshape(-1, H)
