import torch
from torch import nn


class BiLSTM(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        start = nn.LSTM(input_size, hidden_size, bidirectional=True)
        for name, value in start.named_parameters():
            self.register_parameter(name, nn.Parameter(value.detach().clone()))

    def one_way(self, xs, s=""):
        W, U = getattr(self, "weight_ih_l0" + s), getattr(self, "weight_hh_l0" + s)
        b = getattr(self, "bias_ih_l0" + s) + getattr(self, "bias_hh_l0" + s)
        h = torch.zeros(xs[0].shape[0], U.shape[1], dtype=U.dtype)
        c = h.clone()
        result = []
        for x in xs:
            i, f, g, o = torch.addmm(b, torch.cat([x, h], 1), torch.cat([W, U], 1).T).chunk(4, 1)
            c = torch.addcmul(torch.sigmoid(f) * c, torch.sigmoid(i), torch.tanh(g))
            h = torch.sigmoid(o) * torch.tanh(c)
            result.append(h)
        return result

    def forward(self, x):
        steps = list(x)
        ahead = self.one_way(steps)
        back = self.one_way(steps[::-1], "_reverse")[::-1]
        return torch.stack([torch.cat(pair, dim=1) for pair in zip(ahead, back)])


if __name__ == "__main__":
    ours, theirs = BiLSTM(3, 4), nn.LSTM(3, 4, bidirectional=True)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(ours(x), theirs(x)[0])
