import torch
import torch.nn.functional as F


def rnn_gradient_norms(weight_ih, weight_hh, bias_h, x, h0):
    with torch.no_grad():
        h, hs = h0, []
        for t in range(x.shape[0]):
            h = torch.tanh(F.linear(x[t], weight_ih, bias_h) + F.linear(h, weight_hh))
            hs.append(h)
        back = torch.eye(h.numel(), dtype=h.dtype)
        out = torch.zeros(x.shape[0], dtype=x.dtype)
        for d, h in enumerate(hs[::-1]):
            back = weight_hh.t() @ ((1 - h ** 2).unsqueeze(1) * back)
            out[d] = torch.linalg.svdvals(back).max()
        return out


def cell_state_retention(forget_gates):
    return torch.cumprod(torch.flip(forget_gates, dims=[0]), dim=0)