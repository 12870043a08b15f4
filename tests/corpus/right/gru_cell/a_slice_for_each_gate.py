import torch
import torch.nn as nn
import torch.nn.functional as F


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(3 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(3 * hidden_size))

    def forward(self, x, h=None):
        H = self.hidden_size
        if h is None:
            h = x.new_zeros(x.size(0), H)
        W_ir, W_iz, W_in = self.weight_ih[0:H], self.weight_ih[H:2*H], self.weight_ih[2*H:3*H]
        W_hr, W_hz, W_hn = self.weight_hh[0:H], self.weight_hh[H:2*H], self.weight_hh[2*H:3*H]
        b_ir, b_iz, b_in = self.bias_ih[0:H], self.bias_ih[H:2*H], self.bias_ih[2*H:3*H]
        b_hr, b_hz, b_hn = self.bias_hh[0:H], self.bias_hh[H:2*H], self.bias_hh[2*H:3*H]
        r_t = torch.sigmoid(torch.matmul(x, W_ir.T) + b_ir + torch.matmul(h, W_hr.T) + b_hr)
        z_t = torch.sigmoid(torch.matmul(x, W_iz.T) + b_iz + torch.matmul(h, W_hz.T) + b_hz)
        n_t = torch.tanh(torch.matmul(x, W_in.T) + b_in + r_t * (torch.matmul(h, W_hn.T) + b_hn))
        h_t = torch.mul(torch.sub(1, z_t), n_t) + torch.mul(z_t, h)
        return h_t
