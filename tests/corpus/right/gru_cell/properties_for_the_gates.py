import torch
from torch import nn


def part(name, gate):
    def get(self):
        whole = getattr(self, name)
        size = whole.shape[0] // 3
        return whole.narrow(0, gate * size, size)

    return property(get)


class GRUCell(nn.Module):
    W_r, W_z, W_n = (part("weight_ih", k) for k in range(3))
    U_r, U_z, U_n = (part("weight_hh", k) for k in range(3))
    b_r, b_z, b_n = (part("bias_ih", k) for k in range(3))
    d_r, d_z, d_n = (part("bias_hh", k) for k in range(3))

    def __init__(self, input_size, hidden_size):
        super().__init__()
        torchs = nn.GRUCell(input_size, hidden_size)  # its first values
        self.weight_ih = nn.Parameter(torchs.weight_ih.detach().clone())
        self.weight_hh = nn.Parameter(torchs.weight_hh.detach().clone())
        self.bias_ih = nn.Parameter(torchs.bias_ih.detach().clone())
        self.bias_hh = nn.Parameter(torchs.bias_hh.detach().clone())

    def forward(self, x, h=None):
        if h is None:
            h = x @ torch.zeros_like(self.W_r).T
        r = torch.sigmoid(x @ self.W_r.T + self.b_r + h @ self.U_r.T + self.d_r)
        z = torch.sigmoid(x @ self.W_z.T + self.b_z + h @ self.U_z.T + self.d_z)
        n = torch.tanh(x @ self.W_n.T + self.b_n + r * (h @ self.U_n.T + self.d_n))
        return z * h + (1 - z) * n
